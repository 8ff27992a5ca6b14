import { describe, expect, it, vi } from 'vitest';
import { pageOf } from '../../../src/main/gateway/catalog/pages.ts';
import type { View } from '../../../src/main/gateway/catalog/view.ts';
import { createGuard } from '../../../src/main/gateway/http/guard.ts';
import type { Exchange } from '../../../src/main/gateway/messages/exchange.ts';
import { isAtLeast, leastOf } from '../../../src/main/gateway/messages/log-message.ts';
import { toRpcError } from '../../../src/main/gateway/messages/rpc-errors.ts';
import { CallsUnderWay } from '../../../src/main/gateway/protocol/forwarding/calls-under-way.ts';
import { HeldCalls } from '../../../src/main/gateway/protocol/forwarding/held-calls.ts';
import { createGatewayHost } from '../../../src/main/gateway/protocol/gateway-host.ts';
import { ClientSession } from '../../../src/main/gateway/protocol/notices/client-session.ts';
import { decodeHeaderValue, encodeHeaderValue } from '../../../src/main/mcp/header-value.ts';
import { RpcError } from '../../../src/main/mcp/json-rpc.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';

const exchange = (more: Partial<Exchange> = {}): Exchange => ({
  ...{
    era: 'modern',
    id: 1,
    principal: 'p',
    client: {},
    progressToken: null,
    capabilities: { sampling: {} },
    logLevel: null,
    headers: null,
  },
  ...{ signal: new AbortController().signal, notify: () => {}, ask: null, openLarge: null },
  ...more,
});

describe('a held call', () => {
  const asks =
    (count: number) =>
    async (context: { ask: (m: string, p: object, s: AbortSignal) => Promise<object>; signal: AbortSignal }) => {
      const answers = [];
      for (let index = 0; index < count; index += 1)
        answers.push(await context.ask('sampling/createMessage', { index }, context.signal));
      return { answers };
    };

  it('goes from question to question to its result, under a new state each time', async () => {
    const held = new HeldCalls();
    const first = (await held.start(exchange(), 'x', asks(2) as never)) as Record<string, never>;
    const second = (await held.resume(first.requestState ?? '', 'x', { 'request-1': { a: 1 } }, exchange())) as Record<
      string,
      never
    >;
    expect(second.requestState).not.toBe(first.requestState);
    const last = await held.resume(second.requestState ?? '', 'x', { 'request-2': { b: 2 } }, exchange());
    expect(last).toEqual({ answers: [{ a: 1 }, { b: 2 }] });
    expect(held.size).toBe(0);
  });

  it('is given up when its client does not come back, or the gateway closes', async () => {
    vi.useFakeTimers();
    try {
      const held = new HeldCalls();
      const failures: unknown[] = [];
      const work = async (context: {
        ask: (m: string, p: object, s: AbortSignal) => Promise<object>;
        signal: AbortSignal;
      }) =>
        context.ask('roots/list', {}, context.signal).catch((error: unknown) => {
          failures.push(error);
          return {};
        });
      await held.start(exchange(), 'x', work as never);
      await vi.advanceTimersByTimeAsync(600_001);
      expect([held.size, failures.length]).toEqual([0, 1]);
      await held.start(exchange(), 'x', work as never);
      held.close();
      await vi.advanceTimersByTimeAsync(0);
      expect([held.size, failures.length]).toEqual([0, 2]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('fails as its work does', async () => {
    const held = new HeldCalls();
    await expect(held.start(exchange(), 'x', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });
});

describe('questions that name no request', () => {
  const view = { route: { connectorId: null, isUnfiltered: true } } as unknown as View;
  const session = (capabilities: object, write: () => boolean = () => true): ClientSession =>
    new ClientSession(
      { id: 's', principal: 'p', view, revision: '2025-11-25', capabilities: capabilities as never },
      write,
    );
  const request = { connectorId: 'a', method: 'roots/list', params: {}, signal: new AbortController().signal };

  it('go to the only client that can answer', async () => {
    const host = createGatewayHost();
    const [able, other] = [session({ roots: {} }), session({ sampling: {} })];
    host.askAmong({ calls: new CallsUnderWay(), sessions: () => [able, other] });
    const answer = host.answer(request);
    able.take('switchyard-1', { result: { roots: [] } });
    await expect(answer).resolves.toEqual({ roots: [] });
  });

  it('go to nobody where there are several, none, or none that can be reached', async () => {
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

  it('go to the client whose requests are the only ones at the connector, and to none of several', async () => {
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

  it('reject with what the client answers, or when it goes', async () => {
    const one = session({});
    const { signal } = new AbortController();
    const refused = one.ask('x', {}, signal);
    one.take('switchyard-1', { error: { code: -1, message: 'no', data: 7 } });
    await expect(refused).rejects.toMatchObject({ code: -1, data: 7 });
    const junk = one.ask('x', {}, signal);
    one.take('switchyard-2', { result: 'junk' });
    await expect(junk).rejects.toMatchObject({ code: -32_603 });
    const left = one.ask('x', {}, signal);
    one.close();
    await expect(left).rejects.toMatchObject({ code: -32_603 });
    expect(one.take('switchyard-3', { result: {} })).toBe(false);
  });

  it('are told that nobody waits for them any more', async () => {
    const written: object[] = [];
    const one = session({}, ((message: object) => written.push(message) > 0) as never);
    const abort = new AbortController();
    const asked = one.ask('x', {}, abort.signal);
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow();
    expect(written.at(-1)).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 'switchyard-1' } });
  });
});

describe('what a client is told of a failure', () => {
  it('is the connector’s own error, ours with its code, or only that it happened', () => {
    const own = new RpcError(-5, 'own', { a: 1 });
    expect(toRpcError(new SwitchyardError('TOOL_CALL_REJECTED', 'x', { cause: own }), 'legacy')).toBe(own);
    const sdk = Object.assign(new Error('sdk'), { code: -6, data: 1 });
    expect(toRpcError(new SwitchyardError('TOOL_CALL_REJECTED', 'x', { cause: sdk }), 'legacy')).toMatchObject({
      code: -6,
      data: 1,
    });
    expect(toRpcError(new RpcError(-32_002, 'gone'), 'modern')).toMatchObject({ code: -32_602 });
    expect(toRpcError(new RpcError(-32_002, 'gone'), 'legacy')).toMatchObject({ code: -32_002 });
    expect(toRpcError(new SwitchyardError('QUOTA_EXCEEDED', 'too often'), 'legacy')).toMatchObject({
      code: -32_603,
      data: { code: 'QUOTA_EXCEEDED', remedy: expect.any(String) },
    });
    expect(toRpcError(new Error('a secret path'), 'legacy').message).not.toContain('secret');
  });
});

describe('pages', () => {
  const writing = { keyOf: (item: string): string => item, write: (item: string): string => JSON.stringify(item) };
  const list = Array.from({ length: 2_500 }, (_, index) => String(index).padStart(5, '0'));
  const itemsOf = ({ json }: { json: string }): string[] => JSON.parse(`[${json}]`) as string[];

  it('hold each entry once, though the list changes between them', () => {
    const first = pageOf(list, writing, undefined);
    const changed = list.filter((item) => item !== '00999' && item !== '01500');
    const second = pageOf(changed, writing, first.nextCursor);
    expect([itemsOf(first).length, itemsOf(second)[0], itemsOf(second).includes('01500')]).toEqual([
      1_000,
      '01000',
      false,
    ]);
    const third = pageOf(changed, writing, second.nextCursor);
    expect(third.nextCursor).toBeUndefined();
    expect(pageOf([], writing, undefined)).toEqual({ json: '', nextCursor: undefined });
  });

  it('end where they are long, and leave out what is too long for any', () => {
    const long = list.slice(0, 100).map((item) => item + 'x'.repeat(item === '00050' ? 300_000 : 200_000));
    const pages = [pageOf(long, writing, undefined)];
    for (let cursor = pages[0]?.nextCursor; cursor !== undefined; cursor = pages.at(-1)?.nextCursor)
      pages.push(pageOf(long, writing, cursor));
    expect(pages.length).toBeGreaterThan(3);
    expect(Math.max(...pages.map(({ json }) => json.length))).toBeLessThan(5_000_000);
    expect(pages.flatMap(itemsOf)).toEqual(long.filter((item) => !item.startsWith('00050')));
  });
});

describe('log levels', () => {
  it('are ordered, and the least of several is the one that connectors are told', () => {
    expect([isAtLeast('error', 'info'), isAtLeast('debug', 'info'), isAtLeast('odd', 'info')]).toEqual([
      true,
      false,
      true,
    ]);
    expect([leastOf(['error', 'info']), leastOf([])]).toEqual(['info', null]);
  });
});

describe('header values', () => {
  it.each(['plain', 'ü', ' padded ', '=?base64?eA==?=', 'a\nb', ''])('of %j come back as they were', (text) => {
    expect(decodeHeaderValue(encodeHeaderValue(text))).toBe(text);
  });

  it.each(['=?base64?SGVsbG8?=', '=?base64?SGVs!!!bG8=?='])('%j are damaged', (value) => {
    expect(decodeHeaderValue(value)).toBeNull();
  });
});

describe('the guard', () => {
  const guard = createGuard({ allowedHosts: [], allowedOrigins: [], tokens: [], isLoopback: false });

  it.each([
    [{ host: '10.0.0.7:3737' }, true],
    [{ host: '[fe80::1]:3737' }, true],
    [{ host: 'tools.example.com' }, false],
    [{}, false],
    [{ host: 'a b' }, false],
  ])('beyond loopback takes addresses, and no names that it was not told: %j', (headers, isTaken) => {
    expect(guard.checkOrigin(headers) === null).toBe(isTaken);
  });
});
