import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChromium } from '../helpers/chromium.ts';
import { eventually } from '../helpers/eventually.ts';
import { entry } from '../helpers/signed-map.ts';
import { type StatusWorld, startStatusWorld } from '../helpers/status-world.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const IMG = '<img src=x onerror=alert(1)>';
const HOSTILE = entry('hostile', { name: IMG, endpoint: 'http://127.0.0.1:9/%3Cimg%3E?token=hidden' });

/** Long names and URLs, which must not break the layout. */
const LONG = entry(`l${'o'.repeat(126)}g`, {
  name: 'W'.repeat(300),
  endpoint: `http://127.0.0.1:9/${'long-'.repeat(60)}`,
});

const WIDTHS = [1280, 800, 360];
const THEMES = ['light', 'dark'] as const;
const LOOKS = WIDTHS.flatMap((width) => THEMES.map((theme) => [width, theme] as const));

/** An open page, and the error messages of its browser. */
interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: readonly string[];
}

let world: StatusWorld;
let browser: Awaited<ReturnType<typeof startChromium>>;

beforeAll(async () => {
  world = await startStatusWorld([HOSTILE, LONG]);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await world?.[Symbol.asyncDispose]();
});

async function open(path = '/', options: BrowserContextOptions = {}, url = world.url): Promise<OpenPage> {
  const context = await browser.context({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
  page.on('pageerror', (error) => void complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on(
    'request',
    (request) =>
      void (
        new URL(request.url()).protocol.startsWith('http') &&
        !request.url().startsWith(url) &&
        complaints.push(request.url())
      ),
  );
  await page.goto(url + path);
  if (options.javaScriptEnabled !== false) await page.locator('#live.on').waitFor();
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
    'axe.run(document).then(({ violations }) => violations)',
  );
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}

const sidewaysPixels = (page: Page): Promise<number> =>
  page.evaluate('document.scrollingElement.scrollWidth - innerWidth');

describe('the status page', () => {
  it.each(LOOKS)(
    'the status page is accessible and does not scroll sideways at %d px in %s mode',
    async (width, colorScheme) => {
      await using it = await open('/', { colorScheme, viewport: { width, height: 800 } });
      expect(await violations(it.page)).toEqual([]);
      expect(await sidewaysPixels(it.page)).toBeLessThanOrEqual(0);
      expect(it.complaints).toEqual([]);
    },
  );

  it('the status page shows the states of connectors and reasons for failures, with failed connectors first', async () => {
    await using it = await open();
    const row = (id: string) => it.page.locator(`[data-row="${id}"]`);
    expect(await row('timetable').textContent()).toMatch(
      /^\s*Ready.*Timetable.*Streamable HTTP.*modern protocol.*6.*p50/s,
    );
    expect(await row('tickets').textContent()).toContain('legacy protocol');
    expect(await row('crew').textContent()).toMatch(/^\s*Failed.*CONNECTOR_REFUSED/s);
    expect(await row('track-works').textContent()).toMatch(/^\s*(Backing off|Connecting).*CONNECTOR_CONNECT_FAILED/s);
    expect(await row('archive').textContent()).toMatch(/^\s*Disabled/);
    expect(await it.page.locator('#rows tr').first().getAttribute('data-row')).toBe('crew');
    expect(await row('waybills').getByRole('img').getAttribute('aria-label')).toMatch(
      /^The last 36 calls: .* 4 failed$/,
    );
    expect(await it.page.getByText('✓ Verified').isVisible()).toBe(true);
    expect(await it.page.content()).not.toContain('hidden"');
    expect(await it.page.content()).not.toContain('token=');
  });

  it('the checks of the status page detect a missing alt text, a wide element and a script (control)', async () => {
    await using it = await open();
    await it.page.evaluate(
      `document.querySelector('main').insertAdjacentHTML('beforeend', '<img src="/x.png"><p id="wide">')`,
    );
    await it.page.evaluate(`document.getElementById('wide').style.width = '3000px'`);
    await it.page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { text: 'alert(1)' }))`,
    );
    expect((await violations(it.page)).join()).toContain('image-alt');
    expect(await sidewaysPixels(it.page)).toBeGreaterThan(0);
    expect(it.complaints.join()).toContain('Content Security Policy');
  });

  it('the status page runs no code from a connector name or a search text', async () => {
    await using it = await open(`/?q=${encodeURIComponent(`"><script>alert(1)</script>${IMG}`)}`);
    expect(await it.page.locator('#q').inputValue()).toBe(`"><script>alert(1)</script>${IMG}`);
    await it.page.goto(world.url);
    await it.page.locator('#live.on').waitFor();
    expect(await it.page.locator('[data-row="hostile"] .name').textContent()).toBe(IMG);
    expect(await it.page.locator('img').count()).toBe(0);
    expect(it.complaints).toEqual([]);
  });

  it('the status page shows events without a reload, and announces them to screen readers', async () => {
    await using it = await open();
    await it.page.evaluate('window.isTheSame = true');
    const late = entry('late', { name: `Late train ${IMG}` });
    await world.publish([late]);
    await it.page.locator('[data-row="late"]').waitFor();
    const events = it.page.locator('#event-list li');
    await events.filter({ hasText: 'late connecting → backing off' }).first().waitFor();
    await eventually('it is read aloud', async () => (await it.page.locator('#announcements').textContent()) !== '');
    await world.publish([]);
    await it.page.locator('[data-row="late"]').waitFor({ state: 'detached' });
    expect(await events.count()).toBeLessThanOrEqual(100);
    expect(await it.page.evaluate('window.isTheSame')).toBe(true);
    expect(await it.page.locator('img').count()).toBe(0);
    expect(await violations(it.page)).toEqual([]);
    expect(it.complaints).toEqual([]);
  });

  it('the status page keeps the keyboard focus when the focused part is updated', async () => {
    await using it = await open();
    const ready = it.page.locator('.counts a', { hasText: 'Ready' });
    await ready.focus();
    const before = await it.page.locator('.counts b').first().textContent();
    await world.publish([entry('later')]);
    await eventually(
      'the counts are others',
      async () => (await it.page.locator('.counts b').first().textContent()) !== before,
    );
    expect(await it.page.evaluate('document.activeElement.getAttribute("href")')).toBe('/?state=ready');
    expect(await ready.evaluate((link) => link.matches(':focus-visible'))).toBe(true);
    await world.publish([]);
  });

  it('the buttons "Pause" and "Resume" of the status page stop and restart its updates', async () => {
    await using it = await open();
    await it.page.getByRole('button', { name: 'Pause' }).click();
    await it.page.getByText('Paused').waitFor();
    await world.publish([entry('meanwhile')]);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await it.page.locator('[data-row="meanwhile"]').count()).toBe(0);
    await it.page.getByRole('button', { name: 'Resume' }).click();
    await it.page.locator('[data-row="meanwhile"]').waitFor();
    await world.publish([]);
  });

  it('a user can search and filter connectors on the status page', async () => {
    await using it = await open();
    await it.page.getByRole('searchbox').fill('rolling');
    await it.page.getByRole('searchbox').press('Enter');
    await it.page.waitForURL('**/?q=rolling');
    expect(await it.page.locator('#rows tr').count()).toBe(1);
    await it.page.getByRole('link', { name: 'Show all' }).click();
    await it.page.getByRole('link', { name: /^Ready/ }).click();
    await it.page.waitForURL('**/?state=ready');
    expect(await it.page.locator('#rows tr').count()).toBe(6);
    expect(it.complaints).toEqual([]);
  });

  it('the status page shows all connectors without JavaScript, and has a link to reload', async () => {
    await using it = await open('/?state=ready', { javaScriptEnabled: false, viewport: { width: 360, height: 800 } });
    expect(await it.page.locator('#rows tr').count()).toBe(6);
    expect(await it.page.getByRole('button', { name: 'Pause' }).isVisible()).toBe(false);
    await it.page.getByRole('link', { name: 'Reload' }).click();
    expect(it.page.url()).toBe(`${world.url}/?state=ready`);
    expect(it.complaints).toEqual([]);
  });

  it('the status page has no animations if the user prefers reduced motion', async () => {
    await using calm = await open('/', { reducedMotion: 'reduce' });
    await using lively = await open('/', { reducedMotion: 'no-preference' });
    const animation = ({ page }: OpenPage): Promise<string> =>
      page.evaluate(
        `(() => { const row = document.querySelector('#rows tr'); row.classList.add('changed'); return getComputedStyle(row).animationName; })()`,
      );
    expect([await animation(calm), await animation(lively)]).toEqual(['none', 'changed']);
  });

  it('the status page says that it is disconnected if too many other pages receive updates', async () => {
    await using crowded = await startStatusWorld([], { maxStreams: 1 });
    await using first = await open('/', {}, crowded.url);
    const context = await browser.context();
    const second = await context.newPage();
    await second.goto(crowded.url);
    await second.getByText('Disconnected, reconnecting').waitFor();
    expect(await second.locator('#rows tr').count()).toBe(9);
    await context.close();
    expect(first.complaints).toEqual([]);
  });
});
