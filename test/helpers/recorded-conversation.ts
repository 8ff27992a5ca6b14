import { fileURLToPath } from 'node:url';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { STATE_ENVIRONMENT } from './cli.ts';

const bin = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));

/** A call of a tool. */
export type Call = readonly [tool: string, args: Record<string, unknown>];

/** What a client received from a server. */
export interface Transcript {
  readonly tools: readonly unknown[];
  /** Results and errors of the calls. */
  readonly outcomes: readonly unknown[];
  /** Progress notifications and server requests. Each begins with the name of the tool that was being called. */
  readonly meanwhile: readonly unknown[];
}

/** The official SDK client in use: 1.x, or 2.x with one of the two protocol generations. */
export type Speaker = '1.x' | 'legacy' | 'modern';

/** Starts the command line as a stdio server for an official client, calls tools, and lists the tools. */
export async function converse(
  args: readonly string[],
  calls: readonly Call[],
  speaker: Speaker = '1.x',
  env: Record<string, string> = {},
  beforeEnd: (pid: number) => Promise<void> = async () => {},
): Promise<Transcript> {
  const started = {
    command: process.execPath,
    args: [bin, ...args],
    env: { PATH: process.env.PATH ?? '', ...(STATE_ENVIRONMENT as Record<string, string>), ...env },
    stderr: 'ignore' as const,
  };
  const meanwhile: unknown[] = [];
  let current = 'start';
  const capabilities = { sampling: {}, elicitation: {}, roots: {} };
  const info = { name: 'tester', version: '1.0.0' };
  const client: Pick<Client1, 'close' | 'listTools' | 'callTool'> & { readonly transport?: unknown } =
    speaker === '1.x' ? new Client1(info, { capabilities }) : secondClient(info, speaker);
  if (client instanceof Client1) {
    const said =
      <T>(method: string, answer: T) =>
      (request: { params?: unknown }) => {
        meanwhile.push([current, method, request.params]);
        return answer;
      };
    const message = { role: 'assistant' as const, model: 'none', content: { type: 'text' as const, text: 'Four.' } };
    client.setRequestHandler(CreateMessageRequestSchema, said('sampling', message));
    const accepted = { action: 'accept' as const, content: { name: 'Ada' } };
    client.setRequestHandler(ElicitRequestSchema, said('elicitation', accepted));
    client.setRequestHandler(ListRootsRequestSchema, said('roots', { roots: [{ uri: 'file:///work', name: 'work' }] }));
    await client.connect(new Stdio1(started));
  } else await (client as unknown as Client2).connect(new Stdio2(started));
  const outcomes: unknown[] = [];
  for (const [name, given] of calls) {
    current = name;
    const onprogress = (progress: unknown): void => void meanwhile.push([name, 'progress', progress]);
    const call = { name, arguments: given };
    const result =
      client instanceof Client1
        ? client.callTool(call, undefined, { onprogress })
        : (client as unknown as Client2).callTool(call, { onprogress });
    outcomes.push(await result.catch((error: unknown) => ({ error: String(error) })));
  }
  // A gateway lists only connectors that are up when the request arrives, so the list comes last.
  const { tools } = await client.listTools();
  const { pid } = client.transport as { readonly pid: number };
  await beforeEnd(pid);
  await client.close();
  return { tools, outcomes, meanwhile };
}

function secondClient(info: { name: string; version: string }, speaker: Speaker): Client1 {
  const mode = speaker === 'modern' ? ({ pin: '2026-07-28' } as const) : 'legacy';
  return new Client2(info, { versionNegotiation: { mode } }) as unknown as Client1;
}
