import { describe, expect, it } from 'vitest';
import { freePort } from '../../helpers/fleet/free-port.ts';
import { RoundRobinProxy } from '../../helpers/fleet/round-robin-proxy.ts';
import { ScriptedRoster } from '../../helpers/fleet/scripted-roster.ts';
import { fieldsOf, startLoginGateway } from '../../helpers/logins/login-gateway.ts';
import { ScriptedBrowser } from '../../helpers/logins/scripted-browser.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';

const OPERATOR = 'operator-token-0123456789';

async function startReplicas() {
  const stack = new AsyncDisposableStack();
  const roster = new ScriptedRoster();
  const port = await freePort();
  const listener = { publicUrl: `http://127.0.0.1:${port}`, operatorToken: OPERATOR };
  const start = async () => stack.use(await startLoginGateway({ listener, gateway: { fleet: roster.join() } }));
  const [one, two, three] = [await start(), await start(), await start()];
  const proxy = stack.use(await RoundRobinProxy.start([one.url, two.url, three.url], port));
  return { roster, one, two, three, proxy, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

describe('a login behind a load balancer without session affinity', () => {
  it('a login behind a load balancer succeeds although each step reaches another replica', async () => {
    await using world = await startReplicas();
    const { one, proxy } = world;
    const browser = new ScriptedBrowser();
    const { error } = await postLegacy(one.mcp, 'tools/call', { name: 'a__echo' });
    const address = String(error.data?.loginUrl);
    expect(address).toMatch(new RegExp(`^${proxy.url}/login/[\\w-]{43}~[\\w-]+$`));
    const page = await browser.request(address);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/frame-ancestors 'none'/);
    const body = fieldsOf(await page.text());
    const sent = await browser.request(address, { method: 'POST', body, headers: { origin: proxy.url } });
    expect(sent.status).toBe(303);
    const back = one.comesBackTo(sent.headers.get('location') ?? '');
    expect(new URL(back).origin).toBe(proxy.url);
    const other = await new ScriptedBrowser().request(back);
    expect(other.status).toBe(403);
    const done = await browser.request(back);
    expect([done.status, await done.text()]).toEqual([200, expect.stringContaining('Logged in to')]);
    expect(one.finishes).toHaveLength(1);
    expect(new Set(proxy.requests.map(({ upstream }) => upstream)).size).toBe(3);
    // No other browser gets access, through any replica.
    for (let turn = 0; turn < 3; turn += 1) expect((await fetch(address)).status).toBe(403);
  });

  it('a login page tells the user to get a new address if the replica that started the login has ended', async () => {
    await using world = await startReplicas();
    const { error } = await postLegacy(world.one.mcp, 'tools/call', { name: 'a__echo' });
    const { pathname } = new URL(String(error.data?.loginUrl));
    world.roster.remove(world.one.gateway.fleet?.hostId ?? '');
    const answer = await fetch(world.two.url + pathname);
    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('Get a new address')]);
    const made = await fetch(`${world.two.url}/login/${'A'.repeat(43)}~nobody`);
    expect(made.status).toBe(403);
  });

  it('an operator is signed in at every replica that has the same operator token, and at no other replica', async () => {
    await using world = await startReplicas();
    const browser = new ScriptedBrowser();
    const body = new URLSearchParams({ token: OPERATOR });
    const headers = { origin: world.proxy.url };
    const signedIn = await browser.request(`${world.proxy.url}/login/operator`, { method: 'POST', body, headers });
    expect(signedIn.status).toBe(303);
    const [cookie = ''] = (signedIn.headers.getSetCookie()[0] ?? '').split(';');
    for (const { url } of [world.one, world.two, world.three])
      expect(await (await fetch(`${url}/`, { headers: { cookie } })).text()).not.toContain('/login/operator');
    const changed = cookie.slice(0, -4) + (cookie.endsWith('AAAA') ? 'BBBB' : 'AAAA');
    expect(await (await fetch(`${world.two.url}/`, { headers: { cookie: changed } })).text()).toContain(
      '/login/operator',
    );
    const listener = { operatorToken: `another-${OPERATOR}` };
    await using other = await startLoginGateway({ listener, gateway: { fleet: new ScriptedRoster().join() } });
    expect(await (await fetch(`${other.url}/`, { headers: { cookie } })).text()).toContain('/login/operator');
  });
});
