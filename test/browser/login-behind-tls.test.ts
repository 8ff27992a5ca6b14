import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChromium } from '../helpers/chromium.ts';
import { eventually } from '../helpers/eventually.ts';
import { startGatewayBehindTls } from '../helpers/gateway-behind-tls.ts';

let browser: Awaited<ReturnType<typeof startChromium>>;

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
});

async function logInAtIssuer(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Continue to / }).click();
  await page.locator('input[name="login"]').fill('ada');
  await page.locator('input[name="password"]').fill('of a test');
  await page.locator('button[type="submit"]').click();
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByRole('heading', { name: /^Logged in to / }).waitFor();
}

it('at a gateway behind TLS, a person can log in with the login URL from an error that an operator received', async () => {
  await using gateway = await startGatewayBehindTls();
  const context = await browser.context({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(String((await gateway.call()).error.data?.loginUrl));
  await logInAtIssuer(page);
  await context.close();
  await eventually('the call runs', async () => (await gateway.call()).result !== undefined);
});

it('at a gateway behind TLS, an operator can sign in, and then log in to a connector with the status page button', async () => {
  await using gateway = await startGatewayBehindTls();
  const context = await browser.context({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  await page.goto(gateway.publicUrl);
  await page
    .getByRole('link', { name: /operator/i })
    .first()
    .click();
  await page.getByLabel('Operator token').fill(gateway.operator);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Log in to' }).click();
  await logInAtIssuer(page);
  await context.close();
  await eventually('the call runs', async () => (await gateway.call()).result !== undefined);
  expect((await gateway.call()).result).toMatchObject({ content: [{ text: 'you are in' }] });
});
