import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../../../src/main/gateway/messages/exchange.ts';
import type { LoginOffer, LoginRequest } from '../../../../../src/main/gateway/messages/login-offer.ts';
import { HeldCalls } from '../../../../../src/main/gateway/protocol/forwarding/held-calls.ts';
import {
  askForLogin,
  type NeededLogin,
  neededLogin,
} from '../../../../../src/main/gateway/protocol/forwarding/login-needed.ts';
import { RpcError } from '../../../../../src/main/mcp/json-rpc.ts';
import { SwitchyardError } from '../../../../../src/shared/errors.ts';

const NEEDED: NeededLogin = {
  connectorId: 'a',
  issuer: 'https://issuer.example.com',
  isStepUp: false,
  wantsMoreRights: false,
};

const login = (detail = {}): SwitchyardError =>
  new SwitchyardError('CONNECTOR_LOGIN_NEEDED', 'a login', { detail: { connectorId: 'a', status: 401, ...detail } });

describe('neededLogin()', () => {
  it('neededLogin() finds out which login is needed, even from the cause of a CONNECTOR_UNAVAILABLE error', () => {
    const down = new SwitchyardError('CONNECTOR_UNAVAILABLE', 'down', {
      cause: login({ issuer: 'https://i.example' }),
    });
    expect(neededLogin(down, 'a', false)).toEqual({
      ...{ connectorId: 'a', issuer: 'https://i.example', isStepUp: false, wantsMoreRights: false },
    });
    expect(neededLogin(login({ status: 403 }), 'a', true)).toMatchObject({
      ...{ issuer: null, isStepUp: true, wantsMoreRights: true },
    });
  });

  it("neededLogin() returns null for all other errors, even for a server's error that looks the same", () => {
    for (const error of [
      new SwitchyardError('CONNECTOR_UNAVAILABLE', 'down'),
      new SwitchyardError('LOGIN_UNSUPPORTED', 'DPoP'),
      new RpcError(-32_603, 'CONNECTOR_LOGIN_NEEDED', { code: 'CONNECTOR_LOGIN_NEEDED' }),
      new Error('x', { cause: null }),
      null,
      'CONNECTOR_LOGIN_NEEDED',
    ])
      expect(neededLogin(error, 'a', false)).toBeNull();
    const endless: Error & { cause?: unknown } = new Error('x');
    endless.cause = endless;
    expect(neededLogin(endless, 'a', false)).toBeNull();
  });
});

describe('askForLogin()', () => {
  const world = (offer: LoginOffer, more: Partial<Exchange> = {}) => {
    const requests: LoginRequest[] = [];
    const exchange = {
      ...{ era: 'modern', id: 1, principal: 'one', client: {}, ask: null, headers: null, progressToken: null },
      ...{ capabilities: { elicitation: { url: {} } }, logLevel: null, openLarge: null, notify: () => {} },
      signal: new AbortController().signal,
      clientName: 'Test',
      logins: {
        offer: async (request: LoginRequest) => {
          requests.push(request);
          return offer;
        },
      },
      ...more,
    } as unknown as Exchange;
    const held = new HeldCalls();
    let sent = 0;
    const interrupted = {
      held,
      about: () => 'this call',
      send: async () => {
        sent += 1;
        return { content: [] };
      },
    };
    return { exchange, held, interrupted, requests, sent: () => sent };
  };

  const address = (finished: Promise<boolean>): LoginOffer => ({
    ...{ kind: 'address', url: 'http://127.0.0.1:1/login/x', elicitationId: 'e', expiresAt: 1 },
    ...{ finished, tell: () => {} },
  });

  const answered = async (held: HeldCalls, exchange: Exchange, result: unknown, action: string) => {
    const { requestState } = result as { requestState: string };
    return held.resume(requestState, 'this call', { 'request-1': { action } }, exchange);
  };

  it('a call that needs a login is sent to the connector after the login succeeded', async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { exchange, held, interrupted, requests, sent } = world(address(promise));
    const first = await askForLogin(NEEDED, exchange, interrupted);
    expect(first).toMatchObject({ resultType: 'input_required' });
    expect(requests).toEqual([
      {
        ...{ connectorId: 'a', issuer: 'https://issuer.example.com', isStepUp: false },
        ...{ principal: 'one', clientName: 'Test', headers: null },
      },
    ]);
    const retry = answered(held, exchange, first, 'accept');
    expect(sent()).toBe(0);
    resolve(true);
    expect(await retry).toEqual({ content: [] });
    expect(sent()).toBe(1);
  });

  it('a call that needs a login is not sent if the login URL expired or the person declined', async () => {
    const expired = world(address(Promise.resolve(false)));
    const first = await askForLogin(NEEDED, expired.exchange, expired.interrupted);
    await expect(answered(expired.held, expired.exchange, first, 'accept')).rejects.toThrow('auth login a');
    const declined = world(address(new Promise(() => {})));
    const asked = await askForLogin(NEEDED, declined.exchange, declined.interrupted);
    await expect(answered(declined.held, declined.exchange, asked, 'decline')).rejects.toMatchObject({
      data: { code: 'CONNECTOR_LOGIN_NEEDED', connectorId: 'a', loginUrl: 'http://127.0.0.1:1/login/x' },
    });
    expect([expired.sent(), declined.sent()]).toEqual([0, 0]);
  });

  it('a client that cannot log in gets no login URL, but is told who can log in and how', async () => {
    for (const [offer, more, words] of [
      [{ kind: 'operator' }, {}, 'An operator must log in'],
      [{ kind: 'command' }, {}, '`mcp-switchyard auth login a`'],
      [address(new Promise(() => {})), { logins: null }, '`mcp-switchyard auth login a`'],
    ] as const) {
      const { exchange, interrupted } = world(offer, more);
      const asked = askForLogin(NEEDED, exchange, interrupted);
      await expect(asked).rejects.toMatchObject({
        message: expect.stringContaining(words),
        data: { code: 'CONNECTOR_LOGIN_NEEDED', connectorId: 'a' },
      });
    }
  });
});
