/**
 * `npm run screenshot`: takes the pictures of the status page for docs/images, with real connectors and a real browser.
 * `--all FOLDER` takes pictures in every width and theme, and stores them in FOLDER.
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
// The test servers also run in this process, and their start blocks the event loop. This pause keeps the blocked time
// out of the pictures.
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
