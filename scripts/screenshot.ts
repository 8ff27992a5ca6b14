/**
 * `npm run screenshot`: takes the pictures of the status page in docs/images, with real connectors in a real browser.
 * `--all FOLDER` takes every width and theme.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findChromium, NO_CHROMIUM, startChromium } from '../test/helpers/chromium.ts';
import { startStatusWorld } from '../test/helpers/status-world.ts';

const MAX_BYTES = 200_000;
const SETTLED_MS = 21_000;
const IMAGES = fileURLToPath(new URL('../docs/images', import.meta.url));
const { values } = parseArgs({ options: { all: { type: 'string' } } });
const folder = values.all ?? IMAGES;
const widths = values.all === undefined ? [1200] : [1280, 800, 360];

if (findChromium() === null) {
  process.stderr.write(`${NO_CHROMIUM}\n`);
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
await using world = await startStatusWorld();
await using browser = await startChromium();
// The test servers run in this process too. The pictures must not show how the start of the servers loads the event
// loop.
if (values.all === undefined) await sleep(SETTLED_MS);
for (const width of widths) {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.context({ colorScheme, viewport: { width, height: 880 } });
    const page = await context.newPage();
    await page.goto(world.url);
    await page.getByText('Live', { exact: true }).waitFor();
    const name = values.all === undefined ? `status-page-${colorScheme}.png` : `${width}-${colorScheme}.png`;
    const path = join(folder, name);
    await page.screenshot({ path, fullPage: values.all !== undefined });
    await context.close();
    const { size } = statSync(path);
    process.stdout.write(`${path}: ${size} bytes\n`);
    if (size > MAX_BYTES && values.all === undefined) process.exitCode = 1;
  }
}
