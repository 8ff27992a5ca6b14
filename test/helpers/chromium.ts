import { existsSync } from 'node:fs';
import { type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core';

/** Paths of Chromium on Debian, Ubuntu and other systems. The variable `CHROMIUM` overrides them. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-lcd-text',
];

/** Advice if there is no browser. */
export const NO_CHROMIUM =
  'There is no Chromium. `apt-get install -y chromium` brings it; the variable CHROMIUM names one that is elsewhere.';

/** Returns the path of a Chromium, or null if none is installed. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM;
  return (named === undefined ? PLACES : [named]).find((path) => existsSync(path)) ?? null;
}

/** Starts a headless Chromium with its own profile. Throws if none is installed. */
export async function startChromium(): Promise<
  AsyncDisposable & { context(options?: BrowserContextOptions): Promise<BrowserContext> }
> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error(NO_CHROMIUM);
  const browser = await chromium.launch({ executablePath, args: ARGS, headless: true });
  return {
    context: (options) => browser.newContext(options),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
