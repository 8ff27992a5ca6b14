import { expect, it } from 'vitest';
import { eventually } from '../../../helpers/eventually.ts';
import { startGatewayBehindTls } from '../../../helpers/gateway-behind-tls.ts';
import { ScriptedBrowser } from '../../../helpers/logins/scripted-browser.ts';

it('`serve` behind TLS logs in with its own client metadata document, without a client registration', async () => {
  await using gateway = await startGatewayBehindTls();
  const { publicUrl, issuer, proxy, call } = gateway;
  const browser = new ScriptedBrowser();
  const done = await browser.follow(String((await call()).error.data?.loginUrl));
  expect(done).toMatchObject({ status: 200, page: expect.stringContaining('Logged in to') });
  const asked = browser.visited.map((address) => new URL(address)).find(({ pathname }) => pathname === '/auth');
  expect(asked?.searchParams.get('client_id')).toBe(`${publicUrl}/login/client.json`);
  expect(asked?.searchParams.get('redirect_uri')).toBe(`${publicUrl}/login/callback`);
  await eventually('the call runs', async () => (await call()).result !== undefined);
  expect((await call()).result).toMatchObject({ content: [{ text: 'you are in' }] });
  expect(proxy.requests.some(({ url }) => url === '/login/client.json')).toBe(true);
  expect(issuer.paths.filter((path) => path.startsWith('/reg'))).toEqual([]);
});
