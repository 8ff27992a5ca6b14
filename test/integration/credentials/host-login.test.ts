import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { AuthorizationServer } from '../../helpers/logins/authorization-server.ts';
import { type HostLogin, hostLogin, REDIRECT, SPOILT } from '../../helpers/logins/host-login.ts';
import { ProtectedMcpServer, type ProtectedServerOptions } from '../../helpers/logins/protected-mcp-server.ts';
import { manage } from '../../helpers/manager.ts';
import { openSession, streamPost } from '../../helpers/mcp-post.ts';
import { type Answer, RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { RawSseServer } from '../../helpers/raw-sse-server.ts';
import { entry, type Json } from '../../helpers/signed-map.ts';

/** Creates a manager with one connector, `one`, whose logins are done by the host. */
async function managed(endpoint: string, { oauth }: HostLogin, settings: Json = {}) {
  const one = entry('one', { endpoint, timeouts: { connect: 60_000 }, ...settings });
  const held = await manage([one], { oauth: () => oauth, syncDeadlineMs: 60_000 });
  await held.manager.sync(true);
  return held;
}

async function world(login: HostLogin, options: Partial<ProtectedServerOptions> = {}) {
  // The client is registered manually, because dynamic registration would limit it to the scopes of the first login.
  const client = { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', application_type: 'native' } as const;
  const grants = { grant_types: ['authorization_code', 'refresh_token'] };
  const issuer = await AuthorizationServer.start({ clients: [{ client_id: 'by-hand', ...client, ...grants }] });
  const server = await ProtectedMcpServer.start({ issuer: issuer.issuer, ...options });
  const held = await managed(server.url, login);
  return {
    ...{ issuer, server, lines: held.lines },
    call: (tool = 'whoami') => held.manager.callTool(`one.${tool}`, {}),
    status: () => held.manager.status().connectors[0],
    async [Symbol.asyncDispose]() {
      await held[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}

describe('a login through the host', () => {
  it.each([
    ['without sessions', false],
    ['with sessions', true],
  ] as const)(
    'a connector of a server %s comes up after the host has let a person log in once',
    async (_, hasSessions) => {
      const login = hostLogin();
      await using own = await world(login, { hasSessions });
      expect(own.status()).toMatchObject({ state: 'ready', transport: 'streamable-http' });
      expect(await own.call()).toMatchObject({ content: [{ text: 'you are in' }] });
      expect([login.sentTo.length, login.callbacks]).toEqual([1, 1]);
      expect(login.sentTo[0]?.searchParams.get('resource')).toBe(own.server.url);
      expect(own.issuer.tokenRequests).toMatchObject([{ grantType: 'authorization_code', error: null }]);
    },
  );

  it('eight calls whose token has expired cause one token refresh and no new login', async () => {
    const login = hostLogin();
    await using own = await world(login);
    login.spoil();
    const answers = await Promise.all(Array.from({ length: 8 }, () => own.call()));
    expect(answers).toHaveLength(8);
    expect(own.issuer.refreshes).toBe(1);
    expect(login.sentTo).toHaveLength(1);
    expect(own.status()).toMatchObject({ state: 'ready' });
  });

  it('a new login requests the old and the additional scopes when a call needs more scopes', async () => {
    const login = hostLogin({ clientId: 'by-hand' });
    await using own = await world(login, { toolScopes: { whoami: 'admin' } });
    expect(await own.call()).toMatchObject({ content: [{ text: 'you are in' }] });
    expect(login.sentTo).toHaveLength(2);
    expect(login.sentTo[1]?.searchParams.get('scope')?.split(' ').sort()).toEqual(['admin', 'offline_access', 'tools']);
  });

  it('five calls that need a scope that is never granted cause three further logins at most', async () => {
    const login = hostLogin();
    await using own = await world(login, { toolScopes: { whoami: 'nobody-has-it' } });
    const refused = { code: 'CONNECTOR_REFUSED', detail: { status: 403 } };
    await expect(own.call()).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('The server demands more scopes than the login was granted.'),
    });
    expect(login.sentTo).toHaveLength(2);
    for (let count = 0; count < 4; count += 1) await expect(own.call()).rejects.toMatchObject(refused);
    expect(login.sentTo).toHaveLength(4);
    expect(own.status()).toMatchObject({ state: 'ready' });
  });

  it('a login fails if the redirect brings no code, and the error quotes no parameter of the redirect', async () => {
    const login = hostLogin({
      comeBack: (parameters) => {
        parameters.delete('code');
        parameters.set('error', 'access_denied');
        parameters.set('error_description', 'words of somebody else');
      },
    });
    await using own = await world(login);
    expect(own.status()?.lastError).toMatchObject({ code: 'LOGIN_FAILED' });
    expect(JSON.stringify([own.status(), own.lines])).not.toContain('somebody else');
    expect(own.issuer.tokenRequests).toEqual([]);
  });

  it('a login rejects an authorization code from another issuer (mix-up), and sends it to no token endpoint', async () => {
    const login = hostLogin({ comeBack: (parameters) => parameters.set('iss', 'https://attacker.example') });
    await using own = await world(login);
    expect(own.status()?.lastError).toMatchObject({ code: 'LOGIN_METADATA_INVALID' });
    expect(JSON.stringify([own.status(), own.lines])).not.toContain('attacker');
    expect(own.issuer.tokenRequests).toEqual([]);
  });

  it('a connector fails after one login if the server rejects the newly issued token', async () => {
    const login = hostLogin();
    await using issuer = await AuthorizationServer.start();
    await using server = await RawMcpServer.start(protectedBy(issuer, () => false));
    await using held = await managed(server.url.href, login);
    expect(held.manager.status().connectors[0]?.lastError).toMatchObject({
      code: 'CONNECTOR_REFUSED',
      message: expect.stringContaining('The server refuses even the token that was issued a moment ago.'),
    });
    expect(login.sentTo).toHaveLength(1);
  });

  it('a login fails if OAuth metadata is larger than 1 MiB', async () => {
    const login = hostLogin();
    await using issuer = await AuthorizationServer.start({
      intercept(request, response) {
        if (request.url?.includes('.well-known') !== true) return false;
        response.writeHead(200, { 'content-type': 'application/json' }).end(`{"issuer":"${'x'.repeat(2 ** 20)}"}`);
        return true;
      },
    });
    await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
    await using held = await managed(server.url, login);
    expect(held.manager.status().connectors[0]?.lastError).toMatchObject({
      code: 'LOGIN_FAILED',
      message: expect.stringContaining('more than 1048576 bytes'),
    });
  });

  it('a login works over SSE, and a token that has expired is refreshed', async () => {
    const login = hostLogin();
    await using issuer = await AuthorizationServer.start();
    await using server = await RawSseServer.start();
    const isLetIn = ({ authorization }: IncomingHttpHeaders): boolean =>
      authorization === bearerOf(login) && authorization !== `Bearer ${SPOILT}`;
    for (const kind of ['GET', 'initialize', 'notifications/initialized', 'tools/list', 'tools/call']) {
      const answer = server.answers[kind] ?? (({ accept }) => accept());
      server.answers[kind] = (request, own) => {
        if (request.path.includes('.well-known')) answerMetadata(request.response, server.url, issuer, request.path);
        else if (isLetIn(request.headers)) answer(request, own);
        else refuse(request.response, server.url);
      };
    }
    await using held = await managed(server.url.href, login, { transport: 'sse' });
    expect(held.manager.status().connectors[0]).toMatchObject({ state: 'ready', transport: 'sse' });
    login.spoil();
    expect(await held.manager.callTool('one.echo', { text: 'x' })).toMatchObject({ content: [{}] });
    expect([login.sentTo.length, issuer.refreshes]).toEqual([1, 1]);
  });

  it('a server that needs a login can request the roots during a call', async () => {
    const login = hostLogin();
    await using issuer = await AuthorizationServer.start();
    await using server = await RawMcpServer.start({
      ...protectedBy(issuer, (token) => token === bearerOf(login)),
      ...asking('roots/list', {}),
    });
    await using held = await managed(server.url.href, login);
    const called = held.manager.callTool('one.echo', {});
    await eventually('the question is answered', () => answersTo(server).length === 1);
    expect(answersTo(server)).toEqual([{ jsonrpc: '2.0', id: 'q', result: { roots: [] } }]);
    server.of('tools/call')[0]?.response.end(`data: ${JSON.stringify(resultOf(server))}\n\n`);
    expect(await called).toMatchObject({ content: [] });
  });

  it('a server that needs a login can send an elicitation to the client that called it through a gateway', async () => {
    const login = hostLogin();
    await using issuer = await AuthorizationServer.start();
    await using server = await RawMcpServer.start({
      ...protectedBy(issuer, (token) => token === bearerOf(login)),
      ...asking('elicitation/create', { message: 'Sure?', requestedSchema: { type: 'object', properties: {} } }),
    });
    await using own = await startGateway(
      { a: remote(server, { timeouts: { connect: 60_000 } }), b: remote(server) },
      { manager: { syncDeadlineMs: 60_000, oauth: (id) => (id === 'a' ? login.oauth : undefined) } },
    );
    const url = `${own.listener.url}/mcp`;
    const session = await openSession(url, { elicitation: {} });
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } };
    await using stream = await streamPost(url, call, session.headers);
    const asked = () => stream.messages.find(({ method }) => method === 'elicitation/create');
    await eventually('the client is asked', () => asked() !== undefined);
    await session.answer(asked()?.id as string, { action: 'accept', content: {} });
    await eventually('the connector is answered', () => answersTo(server).length === 1);
    expect(answersTo(server)).toMatchObject([{ id: 'q', result: { action: 'accept' } }]);
  });
});

const bearerOf = ({ tokens }: HostLogin): string => `Bearer ${tokens?.access_token}`;

function refuse(response: ServerResponse, url: URL): void {
  const at = new URL(`/.well-known/oauth-protected-resource${url.pathname}`, url).href;
  response.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${at}", scope="tools"` }).end();
}

function answerMetadata(response: ServerResponse, url: URL, { issuer }: AuthorizationServer, path: string): void {
  if (!path.includes('oauth-protected-resource')) return void response.writeHead(404).end();
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ resource: url.href, authorization_servers: [issuer] }));
}

/** Answers of a raw server that rejects every request whose token `passes` does not accept. */
function protectedBy(issuer: AuthorizationServer, passes: (token: string) => boolean): Record<string, Answer> {
  const kinds = ['server/discover', 'initialize', 'notifications/initialized', 'tools/list', 'GET', 'DELETE'];
  const usual: Record<string, Answer> = {
    'server/discover': ({ response }) => void response.writeHead(404).end(),
    initialize: ({ result }) =>
      result({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'r', version: '1' } }),
    'tools/list': ({ result }) => result({ tools: [{ name: 'echo', inputSchema: { type: 'object' } }] }),
    GET: ({ response }) => void response.writeHead(405).end(),
  };
  return Object.fromEntries(
    kinds.map((kind) => [
      kind,
      (request) => {
        const url = new URL('/mcp', `http://${request.headers.host}`);
        if (request.path.includes('.well-known')) answerMetadata(request.response, url, issuer, request.path);
        else if (!passes(request.headers.authorization ?? '')) refuse(request.response, url);
        else (usual[kind] ?? (({ response }) => void response.writeHead(202).end()))(request);
      },
    ]),
  );
}

/** Answers of a connector that sends a server request during a call. The test itself sends the result later. */
function asking(method: string, params: Json): Record<string, Answer> {
  return { 'tools/call': ({ events }) => events({ jsonrpc: '2.0', id: 'q', method, params }) };
}

const answersTo = (server: RawMcpServer) =>
  server.of('POST').flatMap(({ message }) => (message.id === 'q' ? [message as Json] : []));

const resultOf = (server: RawMcpServer): Json => ({
  ...{ jsonrpc: '2.0', id: server.of('tools/call')[0]?.message.id },
  result: { content: [] },
});
