import { describe, expect, it } from 'vitest';
import { fieldsOf, type LoginGateway, startLoginGateway } from '../../../helpers/logins/login-gateway.ts';
import { ScriptedBrowser } from '../../../helpers/logins/scripted-browser.ts';

const OPERATOR = 'operator-token-0123456789';
const [ALICE, BOB] = ['alice-token-0123456789', 'bob-token-0123456789'];
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

/** Makes the manager report that connector `a` needs a login. */
function needsLogin({ manager }: LoginGateway): void {
  const status = manager.status.bind(manager);
  Object.assign(manager, {
    status: () => {
      const real = status();
      const connectors = real.connectors.map((one) => (one.id === 'a' ? { ...one, state: 'needs-login' } : one));
      return { ...real, connectors };
    },
    logins: async () => [{ connectorId: 'a', issuer: 'https://issuer.example.com' }],
  });
}

const BUTTON = 'aria-label="Log in to';

async function pageOf(url: string, headers: Record<string, string> = {}, browser = new ScriptedBrowser()) {
  const response = await browser.request(`${url}/`, { headers });
  return {
    status: response.status,
    text: await response.text(),
    policy: response.headers.get('content-security-policy'),
  };
}

describe('the operator of a gateway on loopback', () => {
  it('the status page of a gateway on loopback has a button that leads to the login page', async () => {
    await using world = await startLoginGateway();
    needsLogin(world);
    const browser = new ScriptedBrowser();
    const { text, policy } = await pageOf(world.url, {}, browser);
    expect(text.split(BUTTON)).toHaveLength(2);
    expect(policy).toContain(`form-action 'self' ${world.url}`);
    const body = fieldsOf(text);
    expect(body.get('connector')).toBe('a');
    const headers = { origin: world.url };
    const sent = await browser.request(`${world.url}/login/start`, { method: 'POST', body, headers });
    const address = sent.headers.get('location') ?? '';
    const page = await (await browser.request(address)).text();
    expect(page).toContain('The status page of this gateway');
    expect(page).toContain('https://issuer.example.com');
  });

  it.each([
    ['`--allow-host`', { allowedHosts: ['tools.example.com'] }, {}],
    ['`--public-url`', { publicUrl: 'https://tools.example.com' }, {}],
    ['an operator token', { operatorToken: OPERATOR }, {}],
    ['a forwarded request', {}, { 'x-forwarded-for': '203.0.113.9' }],
    ['a request with a Via header', {}, { via: '1.1 proxy' }],
  ])('the status page of a gateway on loopback offers no login with %s', async (_, listener, headers) => {
    await using plain = await startLoginGateway();
    needsLogin(plain);
    await using world = await startLoginGateway({ listener });
    needsLogin(world);
    const { text } = await pageOf(world.url, headers);
    expect(text).toContain('Needs a login');
    expect(text).not.toContain(BUTTON);
    const body = fieldsOf((await pageOf(plain.url)).text);
    const sent = await fetch(`${world.url}/login/start`, { method: 'POST', body, headers, redirect: 'manual' });
    expect(sent.status).toBe(403);
  });

  it('a page of another site cannot start a login at a gateway on loopback, even if its origin is allowed', async () => {
    const allowed = 'https://app.example.com';
    await using world = await startLoginGateway({ listener: { allowedOrigins: [allowed] } });
    needsLogin(world);
    const body = fieldsOf((await pageOf(world.url)).text);
    for (const origin of ['https://evil.example.com', 'null', allowed]) {
      const sent = await fetch(`${world.url}/login/start`, { method: 'POST', body, headers: { origin } });
      expect([origin, sent.status]).toEqual([origin, 403]);
    }
    const forged = new URLSearchParams({ connector: 'a', token: 'x' });
    const headers = { origin: world.url };
    expect((await fetch(`${world.url}/login/start`, { method: 'POST', body: forged, headers })).status).toBe(403);
  });

  it('the status page on loopback offers a login with the only access token, but not if there are several tokens', async () => {
    await using single = await startLoginGateway({ listener: { tokens: [ALICE] } });
    needsLogin(single);
    expect((await pageOf(single.url)).status).toBe(401);
    expect((await pageOf(single.url, bearer(ALICE))).text).toContain(BUTTON);
    await using several = await startLoginGateway({ listener: { tokens: [ALICE, BOB] } });
    needsLogin(several);
    expect((await pageOf(several.url, bearer(ALICE))).text).not.toContain(BUTTON);
  });
});

describe('an operator with a token', () => {
  it('an operator can sign in with a token in a form, and then start logins from the status page', async () => {
    await using world = await startLoginGateway({ listener: { tokens: [ALICE, BOB], operatorToken: OPERATOR } });
    needsLogin(world);
    const browser = new ScriptedBrowser();
    expect((await pageOf(world.url, bearer(ALICE))).text).toContain('href="/login/operator"');
    const form = await browser.request(`${world.url}/login/operator`);
    expect(await form.text()).toContain('type="password"');
    const headers = { origin: world.url };
    const signIn = (token: string) =>
      browser.request(`${world.url}/login/operator`, { method: 'POST', body: new URLSearchParams({ token }), headers });
    expect((await signIn(ALICE)).status).toBe(403);
    const signed = await signIn(OPERATOR);
    expect([signed.status, signed.headers.get('location')]).toEqual([303, '/']);
    expect(signed.headers.get('set-cookie')).toMatch(
      /^switchyard-operator=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    const { status, text } = await pageOf(world.url, {}, browser);
    expect([status, text.includes(BUTTON)]).toEqual([200, true]);
    const started = await browser.request(`${world.url}/login/start`, {
      method: 'POST',
      body: fieldsOf(text),
      headers,
    });
    expect(started.status).toBe(303);
    // The form of one browser is not valid in another browser, even if both browsers are the operator's.
    const other = await fetch(`${world.url}/login/start`, {
      ...{ method: 'POST', body: fieldsOf(text), redirect: 'manual' },
      headers: { ...headers, ...bearer(OPERATOR) },
    });
    expect(other.status).toBe(403);
    // The cookie is accepted for the status page but not for MCP requests.
    expect((await browser.request(`${world.url}/mcp`, { method: 'POST', body: '{}' })).status).toBe(401);
  });

  it('an operator can use an Authorization header, and too many wrong tokens in the form are answered with 429', async () => {
    await using world = await startLoginGateway({ listener: { tokens: [ALICE], operatorToken: OPERATOR } });
    needsLogin(world);
    expect((await pageOf(world.url, bearer(OPERATOR))).text).toContain(BUTTON);
    expect((await pageOf(world.url, bearer(ALICE))).text).not.toContain(BUTTON);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 25; attempt += 1) {
      const body = new URLSearchParams({ token: `wrong-${attempt}` });
      statuses.push((await fetch(`${world.url}/login/operator`, { method: 'POST', body })).status);
    }
    expect([statuses[0], statuses.at(-1)]).toEqual([403, 429]);
    expect(JSON.stringify(world.lines)).not.toContain(OPERATOR);
  });

  it('an operator token is rejected if it is also an access token for clients', async () => {
    await expect(startLoginGateway({ listener: { tokens: [ALICE], operatorToken: ALICE } })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    });
  });
});

describe('the client metadata document of a gateway', () => {
  it('the gateway serves its client metadata document, and logs in with it, if its public URL is https', async () => {
    const publicUrl = 'https://tools.example.com';
    await using world = await startLoginGateway({ listener: { publicUrl, operatorToken: OPERATOR } });
    needsLogin(world);
    const served = await fetch(`${world.url}/login/client.json`);
    expect(await served.json()).toEqual({
      client_id: `${publicUrl}/login/client.json`,
      client_name: 'mcp-switchyard',
      client_uri: `${publicUrl}/`,
      redirect_uris: [`${publicUrl}/login/callback`],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    });
    // The host of the public URL is accepted without `--allow-host`. Its cookies require https.
    const browser = new ScriptedBrowser();
    const body = fieldsOf((await pageOf(world.url, bearer(OPERATOR), browser)).text);
    const headers = bearer(OPERATOR);
    const sent = await browser.request(`${world.url}/login/start`, { method: 'POST', body, headers });
    const address = sent.headers.get('location') ?? '';
    expect(address).toMatch(/^https:\/\/tools\.example\.com\/login\//);
    const opened = await fetch(address.replace(publicUrl, world.url));
    const cookie = opened.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-switchyard-login-\w+=.*; Secure$/);
    const form = {
      ...{ method: 'POST', body: fieldsOf(await opened.text()), redirect: 'manual' as const },
      headers: { cookie: cookie.split(';', 1)[0] ?? '', origin: world.url },
    };
    expect((await fetch(address.replace(publicUrl, world.url), form)).status).toBe(303);
    expect(world.starts).toEqual([
      {
        connectorId: 'a',
        redirectUrl: `${publicUrl}/login/callback`,
        clientMetadataUrl: `${publicUrl}/login/client.json`,
      },
    ]);
  });

  it('the gateway serves no client metadata document on loopback', async () => {
    await using world = await startLoginGateway();
    expect((await fetch(`${world.url}/login/client.json`)).status).toBe(404);
  });

  it.each([
    { publicUrl: 'http://tools.example.com' },
    { publicUrl: 'https://user:pw@tools.example.com' },
    { publicUrl: 'https://tools.example.com/?a=b' },
    { publicUrl: 'tools.example.com' },
    { clientMetadataUrl: 'http://127.0.0.1/client.json' },
    { clientMetadataUrl: 'https://tools.example.com' },
  ])('a public URL or client metadata URL that issuers cannot use is rejected: %j', async (listener) => {
    await expect(startLoginGateway({ listener })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});
