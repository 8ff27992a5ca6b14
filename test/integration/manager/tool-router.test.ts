import { describe, expect, it } from 'vitest';
import type { ConnectorProxyManagerOptions } from '../../../src/main/index.ts';
import { manage } from '../../helpers/manager.ts';
import { entry } from '../../helpers/signed-map.ts';

const tool = { name: 'tool', inputSchema: { type: 'object' } };

/** Returns a `createProxy` option whose proxies connect as the test specifies. */
const proxies =
  (connect: (id: string) => Promise<void>): ConnectorProxyManagerOptions['createProxy'] =>
  ({ connectorId }) => ({
    connect: () => connect(connectorId),
    getTools: () => [tool],
    callTool: async (_, args) => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }),
  });

describe('callTool', () => {
  it('callTool() waits for a connector that is coming up for the first time', async () => {
    const gate = Promise.withResolvers<void>();
    await using map = await manage([entry('slow'), entry('slow.er')], {
      createProxy: proxies(() => gate.promise),
      syncDeadlineMs: 20,
    });
    await map.manager.sync();
    const calls = ['slow.tool', 'slow.er.tool'].map((name) => map.manager.callTool(name, { name }));
    gate.resolve();
    expect(await Promise.all(calls)).toEqual([
      { content: [{ type: 'text', text: '{"name":"slow.tool"}' }] },
      { content: [{ type: 'text', text: '{"name":"slow.er.tool"}' }] },
    ]);
    await expect(map.manager.callTool('slow.else')).rejects.toMatchObject({
      code: 'TOOL_UNKNOWN',
      message: expect.stringContaining('slow offers no tool'),
    });
  });

  it("callTool() waits for a connector only until the call's timeout, or until its caller aborts the call", async () => {
    await using map = await manage([entry('slow')], {
      createProxy: proxies(() => new Promise(() => {})),
      syncDeadlineMs: 20,
    });
    await map.manager.sync();
    await expect(map.manager.callTool('slow.tool', {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'CONNECTOR_UNAVAILABLE',
    });
    const signal = AbortSignal.timeout(50);
    await expect(map.manager.callTool('slow.tool', {}, { signal })).rejects.toMatchObject({
      code: 'TOOL_CALL_ABORTED',
    });
  });

  it('callTool() reports that a connector that never connected is unavailable, and why', async () => {
    const createProxy = proxies(() => Promise.reject(new Error('no route')));
    await using map = await manage([entry('dead'), entry('off', { status: 'disabled' })], { createProxy });
    await map.manager.sync();
    await expect(map.manager.callTool('dead.tool')).rejects.toMatchObject({
      code: 'CONNECTOR_UNAVAILABLE',
      name: 'deadConnectorUnavailableError',
      cause: { code: 'CONNECTOR_CONNECT_FAILED' },
    });
    await expect(map.manager.callTool('off.tool')).rejects.toMatchObject({ code: 'CONNECTOR_UNAVAILABLE' });
    expect(map.manager.connector('off')?.status).toMatchObject({
      state: 'disabled',
      why: 'disabled in the service map',
    });
  });

  it('callTool() rejects with TOOL_UNKNOWN for an unknown connector', async () => {
    await using map = await manage([]);
    await map.manager.sync();
    for (const name of ['nobody.tool', 'tool', '', '.x']) {
      await expect(map.manager.callTool(name)).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    }
  });

  it.each<[string, unknown, object]>([
    ['arguments that are a string', 'hi', {}],
    ['arguments that are a list', [], {}],
    ['a negative timeout', {}, { timeoutMs: -1 }],
    ['a timeout that is not a number', {}, { timeoutMs: Number.NaN }],
  ])('callTool() rejects %s before anything is sent', async (_, args, options) => {
    await using map = await manage([entry('one')], { createProxy: proxies(async () => {}) });
    await map.manager.sync();
    await expect(map.manager.callTool('one.tool', args as Record<string, unknown>, options)).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
  });
});
