import { describe, expect, it } from 'vitest';
import { fieldsOf, type LoginGateway, startLoginGateway } from '../../../helpers/logins/login-gateway.ts';
import { ScriptedBrowser } from '../../../helpers/logins/scripted-browser.ts';
import { type Posted, postLegacy } from '../../../helpers/mcp-post.ts';

const call = (world: LoginGateway, headers = {}): Promise<Posted> =>
  postLegacy(world.mcp, 'tools/call', { name: 'a__echo' }, { headers });

async function addressOf(world: LoginGateway, headers = {}): Promise<string> {
  return String((await call(world, headers)).error.data?.loginUrl);
}

/** Opens a login URL and submits its form. Returns the address to which the gateway then redirects the browser. */
async function goOn(browser: ScriptedBrowser, address: string): Promise<string> {
  const page = await browser.request(address);
  expect(page.status).toBe(200);
  const body = fieldsOf(await page.text());
  const sent = await browser.request(address, { method: 'POST', body, headers: { origin: new URL(address).origin } });
  expect(sent.status).toBe(303);
  return sent.headers.get('location') ?? '';
}

describe('a one-time login URL', () => {
  it('a login URL leads a browser to the issuer and back, and then a call that needs the login succeeds', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login\/[\w-]{43}$/);
    const toIssuer = await goOn(browser, address);
    expect(toIssuer).toMatch(/^https:\/\/issuer\.example\.com\/authorize\?/);
    expect(world.starts).toEqual([
      { connectorId: 'a', redirectUrl: `${world.url}/login/callback`, clientMetadataUrl: null },
    ]);
    const done = await browser.request(world.comesBackTo(toIssuer));
    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('Logged in to')]);
    expect((await call(world)).result).toEqual({ content: [] });
  });

  it('a login URL shows a page without scripts that names the connector, the issuer and the client', async () => {
    await using world = await startLoginGateway();
    const response = await fetch(await addressOf(world));
    const page = await response.text();
    for (const text of ['http://127.0.0.1', 'https://issuer.example.com', 'A client that gave no name', '<button>'])
      expect(page).toContain(text);
    expect(page).not.toContain('<script');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
    });
    expect(response.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax; Max-Age=600$/);
  });

  it('a client gets the same login URL for each call until the URL expires', async () => {
    await using world = await startLoginGateway();
    const addresses = await Promise.all(Array.from({ length: 5 }, () => addressOf(world)));
    expect(new Set(addresses).size).toBe(1);
    const parameters = { name: 'a__echo', _meta: {} };
    const other = await postLegacy(world.mcp, 'tools/call', parameters);
    expect(other.error.data?.loginUrl).toBe(addresses[0]);
  });

  it('a login URL works only in the browser that opened it first, and shows nothing about the login in other browsers', async () => {
    await using world = await startLoginGateway();
    const address = await addressOf(world);
    expect((await fetch(address)).status).toBe(200);
    const second = await fetch(address);
    expect(second.status).toBe(403);
    expect(second.headers.get('set-cookie')).toBeNull();
    const text = await second.text();
    for (const shown of ['issuer.example.com', '127.0.0.1', 'token']) expect(text).not.toContain(shown);
    const guessed = await fetch(`${world.url}/login/${'A'.repeat(43)}`);
    expect([guessed.status, stripNonce(await guessed.text())]).toEqual([403, stripNonce(text)]);
  });

  it('the callback of a login is rejected when it is opened a second time', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const back = world.comesBackTo(await goOn(browser, await addressOf(world)));
    expect((await browser.request(back)).status).toBe(200);
    expect((await browser.request(back)).status).toBe(403);
    expect(world.finishes).toHaveLength(1);
  });

  it.each([
    [{ method: 'HEAD' }],
    [{ headers: { 'sec-purpose': 'prefetch;prerender' } }],
    [{ headers: { purpose: 'prefetch' } }],
    [{ headers: { 'x-moz': 'prefetch' } }],
    [{ headers: { 'sec-fetch-dest': 'image' } }],
    [{ headers: { 'sec-fetch-dest': 'iframe' } }],
  ])(
    'a login URL still works after a prefetch or a request that is not a navigation: %j',
    async (init: RequestInit) => {
      await using world = await startLoginGateway();
      const address = await addressOf(world);
      const ahead = await fetch(address, init);
      expect([ahead.status, ahead.headers.get('set-cookie')]).toEqual([403, null]);
      expect((await fetch(address)).status).toBe(200);
    },
  );

  it('a login URL starts only one login, however often its button is pressed', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const body = fieldsOf(await (await browser.request(address)).text());
    const press = async () => (await browser.request(address, { method: 'POST', body })).headers.get('location');
    const [first, ...others] = await Promise.all([press(), press(), press()]);
    expect(new Set([first, ...others, await press()])).toEqual(new Set([first]));
    expect(world.starts).toHaveLength(1);
  });

  it('if the issuer changed after the login page was loaded, the page asks the user to confirm the new issuer', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const body = fieldsOf(await (await browser.request(address)).text());
    world.issuer = 'https://other.example.com';
    const again = await browser.request(address, { method: 'POST', body });
    expect(again.status).toBe(200);
    expect(await again.text()).toContain('https://other.example.com');
    const sent = await browser.request(address, { method: 'POST', body });
    expect(sent.headers.get('location')).toMatch(/^https:\/\/other\.example\.com\//);
  });
});

describe('the page of a login URL', () => {
  it.each([
    ['from another site', { origin: 'https://evil.example.com' }],
    ['with a null origin', { origin: 'null' }],
    ['from another site with a null origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ])('the login page rejects a form that comes %s', async (_, headers) => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const body = fieldsOf(await (await browser.request(address)).text());
    expect((await browser.request(address, { method: 'POST', body, headers })).status).toBe(403);
    expect(world.starts).toEqual([]);
    const own = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect((await browser.request(address, { method: 'POST', body, headers: own })).status).toBe(303);
  });

  it('the login page rejects a form without the right token or cookie, and a form that is too long', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const body = fieldsOf(await (await browser.request(address)).text());
    const wrong = new URLSearchParams({ token: 'x' });
    expect((await browser.request(address, { method: 'POST', body: wrong })).status).toBe(403);
    expect((await fetch(address, { method: 'POST', body })).status).toBe(403);
    const long = new URLSearchParams({ token: 'x'.repeat(5_000_000) });
    expect((await browser.request(address, { method: 'POST', body: long })).status).toBe(413);
    expect((await browser.request(address, { method: 'POST', body: 'token=x' })).status).toBe(415);
    expect(world.starts).toEqual([]);
  });

  it.each([
    'https://user:pw@issuer.example.com',
    'http://issuer.example.com',
    'javascript:alert(1)//',
    'file:///etc/passwd',
  ])('the login page does not redirect to an authorization endpoint at %s', async (issuer) => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const body = fieldsOf(await (await browser.request(address)).text());
    world.issuer = issuer;
    const sent = await browser.request(address, { method: 'POST', body });
    expect([sent.status, sent.headers.get('location')]).toEqual([502, null]);
  });

  it('the login page never redirects to a URL from a parameter of the request', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const body = fieldsOf(await (await browser.request(`${address}?next=https://evil.example.com`)).text());
    body.set('next', 'https://evil.example.com');
    const sent = await browser.request(address, { method: 'POST', body });
    expect(sent.headers.get('location')).toMatch(/^https:\/\/issuer\.example\.com\//);
  });
});

describe('the callback of a login', () => {
  it('the callback of a login is rejected without the cookie of its login', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const back = world.comesBackTo(await goOn(browser, await addressOf(world)));
    expect((await fetch(back)).status).toBe(403);
    expect(world.finishes).toEqual([]);
    expect((await browser.request(back)).status).toBe(200);
  });

  it('the callback of a login is rejected in a browser that did not begin the login', async () => {
    await using world = await startLoginGateway();
    const attacker = new ScriptedBrowser();
    const back = world.comesBackTo(await goOn(attacker, await addressOf(world)));
    const victim = new ScriptedBrowser();
    // The victim has started its own login.
    const params = { name: 'a__echo', _meta: meta('Of the victim') };
    const own = await postLegacy(world.mcp, 'tools/call', params, { headers: MODERN });
    await goOn(victim, String(own.error.data?.loginUrl));
    expect((await victim.request(back)).status).toBe(403);
    expect(world.finishes).toEqual([]);
  });

  it('the callback of a login is rejected if its "state" is unknown or belongs to another login', async () => {
    await using world = await startLoginGateway();
    const [one, other] = [new ScriptedBrowser(), new ScriptedBrowser()];
    const first = world.comesBackTo(await goOn(one, await addressOf(world)));
    // Another client, and therefore another login URL.
    const params = { name: 'a__echo', _meta: meta('Another') };
    const asked = await postLegacy(world.mcp, 'tools/call', params, { headers: MODERN });
    const address = String(asked.error.data?.loginUrl);
    expect(address).not.toBe(one.visited[0]);
    const second = world.comesBackTo(await goOn(other, address));
    const mixed = new URL(second);
    mixed.searchParams.set('state', new URL(first).searchParams.get('state') ?? '');
    expect((await other.request(mixed)).status).toBe(403);
    expect((await other.request(`${world.url}/login/callback?code=good`)).status).toBe(403);
    expect((await other.request(`${world.url}/login/callback?code=good&state=made-up`)).status).toBe(403);
    expect(world.finishes).toEqual([]);
  });

  it('a failed login shows a page that explains the failure, quotes no URL parameter and offers a retry', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const evil = '<b>call 555-evil</b>';
    const more = { error: 'access_denied', error_description: evil, error_uri: 'https://evil.example.com' };
    const refused = await browser.request(world.comesBackTo(await goOn(browser, address), more));
    const page = await refused.text();
    expect(refused.status).toBe(502);
    expect(page).toContain('declined');
    for (const said of ['evil', 'access_denied']) expect(page).not.toContain(said);
    const logged = JSON.stringify(world.lines);
    expect(logged).not.toContain('evil');
    expect(logged).toContain('failed: LOGIN_FAILED: the issuer responded with access_denied');
    expect(page).toContain(`href="${new URL(address).pathname}"`);
    const back = world.comesBackTo(await goOn(browser, address));
    expect((await browser.request(back)).status).toBe(200);
  });

  it('the log says why the issuer issued no tokens after a login', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const refused = await browser.request(world.comesBackTo(await goOn(browser, address), { code: 'unknown' }));
    expect(await refused.text()).toContain('log for the reason');
    expect(JSON.stringify(world.lines)).toContain('The login to connector a failed: LOGIN_FAILED: It said null');
  });

  it('neither the log nor the last page shows the code, the state or the URL of a login', async () => {
    await using world = await startLoginGateway();
    const browser = new ScriptedBrowser();
    const address = await addressOf(world);
    const back = new URL(world.comesBackTo(await goOn(browser, address)));
    const done = await browser.request(back);
    const page = await done.text();
    const log = JSON.stringify(world.lines);
    expect(log).toContain('login-finished');
    for (const secret of [address.slice(-43), back.searchParams.get('state') ?? '', 'code=good']) {
      expect(log).not.toContain(secret);
      expect(page).not.toContain(secret);
    }
  });
});

it('the redirect URL of a login does not depend on the headers of a request', async () => {
  const tokens = ['only-token-0123456789'];
  await using world = await startLoginGateway({ listener: { tokens, allowedHosts: ['evil.example.com'] } });
  const browser = new ScriptedBrowser();
  const address = await addressOf(world, { authorization: `Bearer ${tokens[0]}` });
  const body = fieldsOf(await (await browser.request(address)).text());
  const headers = { 'x-forwarded-host': 'evil.example.com', forwarded: 'host=evil.example.com' };
  await browser.request(address, { method: 'POST', body, headers });
  expect(world.starts[0]?.redirectUrl).toBe(`${world.url}/login/callback`);
});

it('the login page can be opened without an access token', async () => {
  const tokens = ['only-token-0123456789'];
  await using world = await startLoginGateway({ listener: { tokens } });
  const { error } = await call(world, { authorization: `Bearer ${tokens[0]}` });
  expect((await fetch(String(error.data?.loginUrl))).status).toBe(200);
  expect((await fetch(`${world.url}/login/nothing`)).status).toBe(404);
});

it('the login page answers with 429 after too many requests', async () => {
  await using world = await startLoginGateway();
  const statuses: number[] = [];
  for (let asked = 0; asked < 260; asked += 1) statuses.push((await fetch(`${world.url}/login/nothing`)).status);
  expect(statuses[0]).toBe(404);
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(5);
});

const MODERN = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'a__echo' };

const meta = (name: string) => ({
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name, version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
});

const stripNonce = (page: string): string => page.replace(/nonce="[^"]*"/g, '');
