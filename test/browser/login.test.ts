import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChromium } from '../helpers/chromium.ts';
import { eventually } from '../helpers/eventually.ts';
import { type GatewayWorld, remote, startGateway, type WorldOptions } from '../helpers/gateway-world.ts';
import { AuthorizationServer } from '../helpers/logins/authorization-server.ts';
import { ProtectedMcpServer } from '../helpers/logins/protected-mcp-server.ts';
import { postLegacy } from '../helpers/mcp-post.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const OPERATOR = 'operator-token-0123456789';
const ALICE = 'alice-token-0123456789';

let browser: Awaited<ReturnType<typeof startChromium>>;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
});

/** A gateway with one connector that needs a login, and a browser window whose error messages are recorded. */
interface LoginWorld extends AsyncDisposable {
  readonly gateway: GatewayWorld;
  readonly page: Page;
  readonly complaints: string[];
  readonly issuer: string;
}

async function open(listener: WorldOptions['listener'] = {}): Promise<LoginWorld> {
  await using stack = new AsyncDisposableStack();
  const issuer = stack.use(await AuthorizationServer.start());
  const server = stack.use(await ProtectedMcpServer.start({ issuer: issuer.issuer }));
  const gateway = stack.use(await startGateway({ a: remote(server) }, { listener }));
  const context = await browser.context();
  stack.defer(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The pages of the authorization server are not part of this test.
    const isOwn =
      !message.text().startsWith('Failed to load') || message.location().url.startsWith(gateway.listener.url);
    if (message.type() === 'error' && isOwn) complaints.push(message.text());
  });
  page.on('pageerror', (error) => void complaints.push(String(error)));
  const everything = stack.move();
  return {
    ...{ gateway, page, complaints, issuer: issuer.issuer },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    'axe.run(document).then(({ violations }) => violations)',
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}

/** Logs in at the authorization server and consents; ends at the gateway. */
async function logInAtIssuer(page: Page): Promise<void> {
  await page.locator('input[name="login"]').fill('ada');
  await page.locator('input[name="password"]').fill('of a test');
  await page.locator('button[type="submit"]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: /^Logged in to / }).waitFor();
}

it('a person can log in at the login URL that a client received in an error', async () => {
  await using it = await open();
  const { page, gateway } = it;
  const mcp = `${gateway.listener.url}/mcp`;
  const { error } = await postLegacy(mcp, 'tools/call', { name: 'a__whoami' });
  await page.goto(String(error.data?.loginUrl));
  expect(await page.getByText(it.issuer, { exact: true }).isVisible()).toBe(true);
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: /^Continue to / }).click();
  await logInAtIssuer(page);
  expect(await violations(page)).toEqual([]);
  expect(it.complaints).toEqual([]);
  const called = await postLegacy(mcp, 'tools/call', { name: 'a__whoami' });
  expect(called.result).toMatchObject({ content: [{ text: 'you are in' }] });
});

it.each(['127.0.0.1', 'localhost'])(
  'a person can log in with the button of the status page at %s, and the button then disappears',
  async (host) => {
    await using it = await open();
    const { page, gateway } = it;
    const url = gateway.listener.url.replace('127.0.0.1', host);
    await page.goto(url);
    await page.locator('#live.on').waitFor();
    const watching = await page.context().newPage();
    await watching.goto(url);
    await watching.locator('#live.on').waitFor();
    const button = watching.getByRole('button', { name: 'Log in to' });
    expect(await button.count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Log in to' }).click();
    await page.getByText('The status page of this gateway').waitFor();
    await page.getByRole('button', { name: /^Continue to / }).click();
    await logInAtIssuer(page);
    await eventually('the button is gone', async () => (await button.count()) === 0);
    // The row shows that the connector is connecting before it shows Ready.
    await watching.locator('[data-row="a"]', { hasText: 'Ready' }).waitFor();
    expect(it.complaints).toEqual([]);
  },
);

it('an operator can sign in with a form, and then log in to a connector with the button of the status page', async () => {
  await using it = await open({ tokens: [ALICE], operatorToken: OPERATOR });
  const { page, gateway } = it;
  await page.goto(`${gateway.listener.url}/login/operator`);
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Operator token').fill('something else');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Operator token').fill(OPERATOR);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Log in to' }).click();
  await page.getByRole('button', { name: /^Continue to / }).click();
  await logInAtIssuer(page);
  // The form with the wrong token was answered with 403, which the browser records.
  expect(it.complaints.filter((complaint) => !complaint.includes('403'))).toEqual([]);
});

it('the login page opens again for the browser that opened it first, and for no other browser', async () => {
  await using it = await open();
  const { page, gateway } = it;
  const { error } = await postLegacy(`${gateway.listener.url}/mcp`, 'tools/call', { name: 'a__whoami' });
  const address = String(error.data?.loginUrl);
  await page.goto(address);
  const stranger = await browser.context();
  const other = await stranger.newPage();
  const answer = await other.goto(address);
  expect(answer?.status()).toBe(403);
  expect(await other.content()).not.toContain(it.issuer);
  expect(await violations(other)).toEqual([]);
  await stranger.close();
  await page.reload();
  expect(await page.getByRole('button', { name: /^Continue to / }).count()).toBe(1);
});
