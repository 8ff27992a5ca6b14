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

  it('sends a question that names no request to the only client that can answer it', async () => {
    const host = createGatewayHost();
    const [able, other] = [session({ roots: {} }), session({ sampling: {} })];
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [able, other] });
    const answer = host.answer(request);
    able.take('switchyard-1', { result: { roots: [] } });
    await expect(answer).resolves.toEqual({ roots: [] });
  });

  it('rejects a question if several clients, or none, could answer it, or if the only one cannot be reached', async () => {
    const host = createGatewayHost();
    await expect(host.answer(request)).rejects.toMatchObject({ code: -32_601 });
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [session({ roots: {} }), session({ roots: {} })] });
    await expect(host.answer(request)).rejects.toMatchObject({
      code: -32_601,
      message: expect.stringContaining('several'),
    });
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [session({ roots: {} }, () => false)] });
    await expect(host.answer(request)).rejects.toMatchObject({ code: -32_603 });
  });

  it('sends a question to the client whose requests are the only ones at the connector, and to none of several', async () => {
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
});
