import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChromium } from '../helpers/chromium.ts';
import { eventually } from '../helpers/eventually.ts';
import { remote, startGateway } from '../helpers/gateway-world.ts';
import { openSession, postLegacy } from '../helpers/mcp-post.ts';
import { SdkV1Server } from '../helpers/sdk-v1-server/sdk-v1-server.ts';

const CALL = { name: 'a__whoami' };
const IN = { content: [{ text: 'scopes mcp:tools' }] };

let browser: Awaited<ReturnType<typeof startChromium>>;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
});

/** Starts a gateway in front of a server built with the official SDK 1.x, and opens a browser window. */
async function open() {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await SdkV1Server.start());
  const gateway = stack.use(await startGateway({ a: remote(server) }));
  const context = await browser.context();
  stack.defer(() => context.close());
  const page = await context.newPage();
  const everything = stack.move();
  return { gateway, page, mcp: `${gateway.listener.url}/mcp`, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

async function agree(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Continue to / }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.getByRole('heading', { name: /^Logged in to / }).waitFor();
}

it('with the URL from an error, a person can log in to a server built with the official SDK 1.x', async () => {
  await using it = await open();
  const { error } = await postLegacy(it.mcp, 'tools/call', CALL);
  await it.page.goto(/http:\S+\/login\/[\w-]+/.exec(error.message)?.[0] ?? '');
  await agree(it.page);
  expect((await postLegacy(it.mcp, 'tools/call', CALL)).result).toMatchObject(IN);
});

it('with the URL from an elicitation, a person can log in to a server built with the official SDK 1.x', async () => {
  await using it = await open();
  const session = await openSession(it.mcp, { elicitation: { url: {} } });
  const { error } = await session.call('tools/call', CALL);
  expect(error.code).toBe(-32_042);
  const asked = error.data?.elicitations as readonly { readonly url: string }[] | undefined;
  await it.page.goto(asked?.[0]?.url ?? '');
  await agree(it.page);
  expect((await session.call('tools/call', CALL)).result).toMatchObject(IN);
});

it('with the button of the status page, a person can log in to a server built with the official SDK 1.x', async () => {
  await using it = await open();
  await it.page.goto(it.gateway.listener.url);
  await it.page.getByRole('button', { name: 'Log in to' }).click();
  await agree(it.page);
  await eventually('it is up', () => it.gateway.manager.facts('a') !== null);
  expect((await postLegacy(it.mcp, 'tools/call', CALL)).result).toMatchObject(IN);
});
