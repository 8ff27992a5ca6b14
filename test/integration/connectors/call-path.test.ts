import { Agent } from 'undici';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { manage } from '../../helpers/manager.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';

/** The files of `src/main` that a call passes through, from `callTool` down to the request that undici writes. */
const CALL_PATH = [
  'manager/connector-proxy-manager.ts',
  'manager/calls/tool-router.ts',
  'observability/trace.ts',
  'manager/calls/tool-calls.ts',
  'connectors/calls/connector-calls.ts',
  'connectors/messages/message-connection.ts',
  'observability/telemetry/traced-channel.ts',
  'connectors/streamable-http/session.ts',
  'connectors/streamable-http/answer-exchange.ts',
  'connectors/exchange/open-exchanges.ts',
  'connectors/exchange/http-exchange.ts',
  'http/bring-up-dispatcher.ts',
];

/** Returns our own files on the current stack, outermost first. A file with several frames in a row is listed once. */
function filesOnStack(): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 200;
  const stack = new Error('here').stack ?? '';
  Error.stackTraceLimit = limit;
  const files = [...stack.matchAll(/\/src\/main\/([^:?)]+\.ts)/g)].map(([, file]) => file ?? '').reverse();
  return files.filter((file, index) => file !== files[index - 1]);
}

/** An Agent that records the files on the stack of each request. */
class WatchedAgent extends Agent {
  seen: string[] = [];

  override dispatch(...args: Parameters<Agent['dispatch']>): boolean {
    this.seen = filesOnStack();
    return super.dispatch(...args);
  }
}

describe('the path of a tool call', () => {
  it.each([
    ['without sessions', 'start'],
    ['with sessions', 'startWithSessions'],
  ] as const)('the call stack of a tool call goes through each source file at most once (%s)', async (_, start) => {
    await using server = await TestMcpServer[start]((mcp) => {
      mcp.registerTool('echo', { inputSchema: z.object({}) }, () => ({ content: [] }));
    });
    const agent = new WatchedAgent();
    await using managed = await manage([entry('one', { endpoint: server.url })], { agent });
    await managed.manager.sync();
    await managed.manager.callTool('one.echo');
    agent.seen = [];
    // A call that need not wait for anything has reached undici when callTool() returns its promise.
    const call = managed.manager.callTool('one.echo');
    expect(agent.seen).toEqual(CALL_PATH);
    await call;
    expect(new Set(CALL_PATH).size).toBe(CALL_PATH.length);
  });
});
