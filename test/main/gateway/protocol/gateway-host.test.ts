import { describe, expect, it } from 'vitest';
import type { View } from '../../../../src/main/gateway/catalog/view.ts';
import { CallsUnderWay } from '../../../../src/main/gateway/protocol/forwarding/calls-under-way.ts';
import { createGatewayHost } from '../../../../src/main/gateway/protocol/gateway-host.ts';
import { ClientSession } from '../../../../src/main/gateway/protocol/notices/client-session.ts';

describe('createGatewayHost', () => {
  const view = { route: { connectorId: null, isUnfiltered: true } } as unknown as View;
  const session = (capabilities: object, write: () => boolean = () => true): ClientSession =>
    new ClientSession(
      { id: 's', principal: 'p', view, revision: '2025-11-25', capabilities: capabilities as never },
      write,
    );
  const request = { connectorId: 'a', method: 'roots/list', params: {}, signal: new AbortController().signal };

  it('a server request that belongs to no client request is sent to the only client that can answer it', async () => {
    const host = createGatewayHost();
    const [able, other] = [session({ roots: {} }), session({ sampling: {} })];
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [able, other] });
    const answer = host.answer(request);
    able.take('switchyard-1', { result: { roots: [] } });
    await expect(answer).resolves.toEqual({ roots: [] });
  });

  it('a server request is rejected if no client or several clients can answer it, or if the client is unreachable', async () => {
    const host = createGatewayHost();
    await expect(host.answer({ ...request, method: 'sampling/createMessage' })).rejects.toMatchObject({
      code: -32_601,
    });
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [session({ roots: {} }), session({ roots: {} })] });
    await expect(host.answer(request)).rejects.toMatchObject({
      code: -32_601,
      message: expect.stringContaining('several'),
    });
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [session({ roots: {} }, () => false)] });
    await expect(host.answer(request)).rejects.toMatchObject({ code: -32_603 });
  });

  it('a server request is sent to the client that calls the connector, but is rejected if several clients call it', async () => {
    const host = createGatewayHost();
    const calls = new CallsUnderWay();
    host.askAmong({ calls, sessions: () => [session({ roots: {} })] });
    const underWay = (client: object, roots: string) => ({
      client,
      host: { capabilities: { roots: {} }, answer: async () => ({ roots }) },
      notify: () => {},
    });
    const [one, other] = [{}, {}];
    using _first = calls.enter('a', underWay(one, 'mine'));
    using _second = calls.enter('a', underWay(one, 'mine too'));
    await expect(host.answer(request)).resolves.toEqual({ roots: 'mine' });
    await expect(host.answer({ ...request, method: 'sampling/createMessage' })).rejects.toMatchObject({
      code: -32_601,
    });
    {
      using _third = calls.enter('a', underWay(other, 'another'));
      await expect(host.answer(request)).rejects.toMatchObject({ message: expect.stringContaining('several') });
    }
    await expect(host.answer(request)).resolves.toEqual({ roots: 'mine' });
  });

  it('a request for roots gets an empty list if no client has roots, or if the client that calls the connector has none', async () => {
    const host = createGatewayHost();
    await expect(host.answer(request)).resolves.toEqual({ roots: [] });
    const calls = new CallsUnderWay();
    host.askAmong({ calls, sessions: () => [session({ roots: {} })] });
    const rootless = { capabilities: { sampling: {} }, answer: () => Promise.reject(new Error('asked')) };
    using _call = calls.enter('a', { client: {}, host: rootless, notify: () => {} });
    await expect(host.answer(request)).resolves.toEqual({ roots: [] });
  });

  it('a server request is rejected if it uses a mode that the only client has not declared', async () => {
    const host = createGatewayHost();
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [session({ elicitation: {}, sampling: {} })] });
    const url = { ...request, method: 'elicitation/create', params: { mode: 'url', url: 'https://x.example' } };
    await expect(host.answer(url)).rejects.toMatchObject({ code: -32_602 });
    const tools = { ...request, method: 'sampling/createMessage', params: { messages: [], tools: [] } };
    await expect(host.answer(tools)).rejects.toMatchObject({ code: -32_602 });
  });

  it('the gateway declares roots if any client has them, and passes on the capabilities of the only client', () => {
    const host = createGatewayHost();
    const shared = ['elicitation', 'extensions', 'sampling'];
    expect(Object.keys(host.capabilities).sort()).toEqual(shared);
    const sessions = [session({ sampling: {} })];
    let only: Readonly<Record<string, unknown>> | null = null;
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => sessions, onlyClient: () => only });
    expect(Object.keys(host.capabilities).sort()).toEqual(shared);
    sessions.push(session({ roots: {} }));
    expect(Object.keys(host.capabilities).sort()).toEqual([...shared, 'roots'].sort());
    only = { elicitation: {} };
    expect(host.capabilities).toEqual({ elicitation: {} });
  });
});
