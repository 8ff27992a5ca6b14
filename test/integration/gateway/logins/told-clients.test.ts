import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createStdioLogins } from '../../../../src/main/gateway/stdio/login-listener.ts';
import { serveStdio } from '../../../../src/main/gateway/stdio/stdio-listener.ts';
import { silentLogger } from '../../../../src/main/observability/logger.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { fieldsOf, type LoginGateway, loginNeeded, startLoginGateway } from '../../../helpers/logins/login-gateway.ts';
import { ScriptedBrowser } from '../../../helpers/logins/scripted-browser.ts';
import { openSession, openStream, postLegacy, postModern } from '../../../helpers/mcp-post.ts';

const CALL = { name: 'a__echo', arguments: { say: 'hello' } };
const OPENS = { elicitation: { url: {} } };
const [ALICE, BOB] = ['alice-token-0123456789', 'bob-token-0123456789'];
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Opens a login URL in a browser and logs in there. */
async function logIn(world: LoginGateway, address: string): Promise<void> {
  const browser = new ScriptedBrowser();
  const body = fieldsOf(await (await browser.request(address)).text());
  const sent = await browser.request(address, { method: 'POST', body });
  const done = await browser.request(world.comesBackTo(sent.headers.get('location') ?? ''));
  expect(done.status).toBe(200);
}

describe('a legacy client that supports URL elicitation', () => {
  it('a legacy client with URL elicitation gets an error with the login URL, and is notified after the login', async () => {
    await using world = await startLoginGateway();
    const session = await openSession(world.mcp, OPENS);
    await using standing = await openStream(world.mcp, {
      headers: { ...session.headers, accept: 'text/event-stream' },
    });
    const { error } = await session.call('tools/call', CALL);
    expect(error.code).toBe(-32_042);
    const [asked] = (error.data?.elicitations ?? []) as { elicitationId: string; url: string; message: string }[];
    expect(asked).toEqual({
      mode: 'url',
      elicitationId: expect.any(String),
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/login\/[\w-]{43}$/),
      message: expect.stringContaining('https://issuer.example.com'),
    });
    expect(asked?.url).not.toContain(String(asked?.elicitationId));
    const again = await session.call('tools/call', CALL);
    expect(again.error.data?.elicitations).toEqual([asked]);
    await logIn(world, String(asked?.url));
    // The notification of changed tools may arrive before or after the notification of the login.
    const completions = () => standing.messages.filter(({ method }) => method === 'notifications/elicitation/complete');
    await eventually('it hears of the login', () => completions().length > 0);
    expect(completions()).toEqual([
      {
        jsonrpc: '2.0',
        method: 'notifications/elicitation/complete',
        params: { elicitationId: asked?.elicitationId },
      },
    ]);
    expect((await session.call('tools/call', CALL)).result).toEqual({ content: [] });
  });
});

describe('a modern client that supports URL elicitation', () => {
  it('a modern client with URL elicitation gets an `input_required` result, and its retry succeeds after the login', async () => {
    await using world = await startLoginGateway();
    const first = await postModern(world.mcp, 'tools/call', CALL, { capabilities: OPENS });
    expect(first.result).toEqual(
      expect.objectContaining({
        resultType: 'input_required',
        requestState: expect.stringMatching(/^switchyard:/),
        inputRequests: {
          'request-1': {
            method: 'elicitation/create',
            params: { mode: 'url', url: expect.stringContaining('/login/'), message: expect.any(String) },
          },
        },
      }),
    );
    const { requestState, inputRequests } = first.result as {
      requestState: string;
      inputRequests: Record<string, { params: { url: string } }>;
    };
    const inputResponses = { 'request-1': { action: 'accept' } };
    const other = { ...CALL, arguments: { say: 'other' }, requestState, inputResponses };
    expect((await postModern(world.mcp, 'tools/call', other, { capabilities: OPENS })).error.code).toBe(-32_602);
    // The client sends the retry when its user opens the login URL, so before the login has finished.
    const retry = postModern(
      world.mcp,
      'tools/call',
      { ...CALL, requestState, inputResponses },
      { capabilities: OPENS },
    );
    await logIn(world, inputRequests['request-1']?.params.url ?? '');
    expect((await retry).result).toMatchObject({ resultType: 'complete', content: [] });
    const used = { ...CALL, requestState, inputResponses };
    expect((await postModern(world.mcp, 'tools/call', used, { capabilities: OPENS })).error.code).toBe(-32_602);
  });

  it('a modern client with URL elicitation gets an error with the login URL if the user declines to log in', async () => {
    await using world = await startLoginGateway();
    const first = await postModern(world.mcp, 'tools/call', CALL, { capabilities: OPENS });
    const { requestState } = first.result;
    const retry = { ...CALL, requestState, inputResponses: { 'request-1': { action: 'decline' } } };
    const { error } = await postModern(world.mcp, 'tools/call', retry, { capabilities: OPENS });
    expect(error.data).toMatchObject({ code: 'CONNECTOR_LOGIN_NEEDED', loginUrl: expect.any(String) });
  });

  it('a modern client with URL elicitation is asked for another login if a call needs more rights', async () => {
    await using world = await startLoginGateway();
    world.error = loginNeeded(world.issuer, 403);
    const first = await postModern(world.mcp, 'tools/call', CALL, { capabilities: OPENS });
    const asked = first.result.inputRequests as Record<string, { params: { message: string } }>;
    expect(asked['request-1']?.params.message).toContain('more rights');
  });
});

describe('a client without URL elicitation', () => {
  it.each(['legacy', 'modern'] as const)(
    'a %s client without URL elicitation gets the login URL in the error',
    async (era) => {
      await using world = await startLoginGateway();
      const post = era === 'legacy' ? postLegacy : postModern;
      const { error } = await post(world.mcp, 'tools/call', CALL);
      const { loginUrl, expiresAt } = error.data ?? {};
      expect(error.message).toContain(String(loginUrl));
      expect(error.message).toContain('https://issuer.example.com');
      expect(Number(expiresAt) - Date.now()).toBeGreaterThan(590_000);
      expect(error.data).toEqual({ code: 'CONNECTOR_LOGIN_NEEDED', connectorId: 'a', loginUrl, expiresAt });
      await logIn(world, String(loginUrl));
      expect((await post(world.mcp, 'tools/call', CALL)).result).toMatchObject({ content: [] });
    },
  );

  it('the login page shows the name of the client that requested the login, with escaped markup', async () => {
    await using world = await startLoginGateway();
    const meta = { 'io.modelcontextprotocol/clientInfo': { name: '<b>Claude</b>\u202e', version: '1' } };
    const { error } = await postModern(world.mcp, 'tools/call', CALL, { meta });
    const page = await (await fetch(String(error.data?.loginUrl))).text();
    expect(page).toContain('&lt;b&gt;Claude&lt;/b&gt;\ufffd');
  });

  it('the error that asks a client to log in does not name the required scopes', async () => {
    await using world = await startLoginGateway();
    world.error = loginNeeded(world.issuer, 401, 'hidden-scope');
    const { error } = await postLegacy(world.mcp, 'tools/call', CALL);
    expect(JSON.stringify(error)).not.toContain('hidden-scope');
  });

  it('a client also gets the login URL when it reads a resource', async () => {
    await using world = await startLoginGateway();
    // While the connector is down, its features are unknown.
    Object.assign(world.manager, { facts: () => null });
    const { error } = await postLegacy(world.mcp, 'resources/read', { uri: 'a+test://a' });
    expect(error.data).toMatchObject({ code: 'CONNECTOR_LOGIN_NEEDED', loginUrl: expect.any(String) });
  });
});

describe('clients of a gateway with tokens', () => {
  it('if a gateway accepts several tokens, its clients are told that an operator must log in', async () => {
    await using world = await startLoginGateway({ listener: { tokens: [ALICE, BOB] } });
    const session = await openSession(world.mcp, OPENS, bearer(ALICE));
    for (const { error } of [
      await session.call('tools/call', CALL),
      await postModern(world.mcp, 'tools/call', CALL, { headers: bearer(BOB), capabilities: OPENS }),
    ]) {
      expect(error.message).toContain('An operator must log in');
      expect(error.data).toEqual({ code: 'CONNECTOR_LOGIN_NEEDED', connectorId: 'a' });
    }
  });

  it('a client gets a login URL if it uses the operator token or the only access token of the gateway', async () => {
    const operatorToken = 'operator-token-0123456789';
    const loginUrl = expect.stringContaining('/login/');
    await using several = await startLoginGateway({ listener: { tokens: [ALICE, BOB], operatorToken } });
    const asked = await postLegacy(several.mcp, 'tools/call', CALL, { headers: bearer(operatorToken) });
    expect(asked.error.data).toMatchObject({ loginUrl });
    await using single = await startLoginGateway({ listener: { tokens: [ALICE], operatorToken } });
    const only = await postLegacy(single.mcp, 'tools/call', CALL, { headers: bearer(ALICE) });
    expect(only.error.data).toMatchObject({ loginUrl });
    expect((await postLegacy(single.mcp, 'tools/call', CALL)).status).toBe(401);
  });

  it.each([
    ['forwarded', 'for=203.0.113.9'],
    ['x-forwarded-for', '203.0.113.9'],
    ['via', '1.1 proxy'],
    ['x-real-ip', '203.0.113.9'],
  ])('a client that comes through a proxy (header "%s") gets no login URL', async (name, value) => {
    await using open = await startLoginGateway();
    const anonymous = await postLegacy(open.mcp, 'tools/call', CALL, { headers: { [name]: value } });
    expect(anonymous.error.message).toContain('An operator must log in');
    await using single = await startLoginGateway({ listener: { tokens: [ALICE] } });
    const headers = { ...bearer(ALICE), [name]: value };
    const { error } = await postLegacy(single.mcp, 'tools/call', CALL, { headers });
    expect(error.message).toContain('mcp-switchyard auth login a');
    expect(error.data?.loginUrl).toBeUndefined();
  });

  it('a gateway on all addresses gives clients a login URL if the gateway has a public URL, and a command otherwise', async () => {
    const listener = { host: '0.0.0.0', tokens: [ALICE] };
    const options = { headers: bearer(ALICE) };
    await using world = await startLoginGateway({ listener });
    const at = (url: string): string => `${url.replace('0.0.0.0', '127.0.0.1')}/mcp`;
    const remote = await postLegacy(at(world.url), 'tools/call', CALL, options);
    expect(remote.error.message).toContain('`mcp-switchyard auth login a`');
    expect(remote.error.data?.loginUrl).toBeUndefined();
    const publicUrl = 'https://tools.example.com/mcp-gateway/';
    await using known = await startLoginGateway({ listener: { ...listener, publicUrl } });
    const named = await postLegacy(at(known.url), 'tools/call', CALL, options);
    expect(named.error.data?.loginUrl).toMatch(/^https:\/\/tools\.example\.com\/mcp-gateway\/login\/[\w-]{43}$/);
  });
});

it('a client of a gateway over stdio gets a login URL on a separate port', async () => {
  await using world = await startLoginGateway();
  const { gateway, manager } = world;
  const [input, output] = [new PassThrough(), new PassThrough()];
  const logins = createStdioLogins({ manager, logger: silentLogger, clientMetadataUrl: null });
  const view = gateway.view();
  if (view === undefined) throw new Error('There is no view');
  const served = serveStdio({ gateway, view, input, output, maxMessageBytes: 100_000, logins });
  const lines: Record<string, unknown>[] = [];
  output.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line));
  });
  const send = (message: object): void => void input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const clientInfo = { name: 'Piped', version: '1' };
  send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: OPENS, clientInfo } });
  send({ id: 2, method: 'tools/call', params: CALL });
  await eventually('it is answered', () => lines.some(({ id }) => id === 2));
  const { error } = lines.find(({ id }) => id === 2) as { error: { data: { loginUrl: string } } };
  expect(error).toMatchObject({ code: -32_042 });
  const { loginUrl } = error.data;
  expect(new URL(loginUrl).origin).not.toBe(world.url);
  await logIn(world, loginUrl);
  await eventually('it hears of the login', () =>
    lines.some(({ method }) => method === 'notifications/elicitation/complete'),
  );
  send({ id: 3, method: 'tools/call', params: CALL });
  await eventually('its retry runs', () => lines.some(({ id, result }) => id === 3 && result !== undefined));
  input.end();
  await served;
  await logins.close();
  await expect(fetch(loginUrl)).rejects.toThrow();
});
