/**
 * `npm run test:docs`: runs every code block of README.md, CONTRIBUTING.md and docs with the packed package, and checks
 * the links. The section "Blocks in pages" of CONTRIBUTING.md describes the markers. `-- --only PAGE` tests one page.
 * `--tarball FILE` uses a package that is already packed.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkLinks } from './docs/pages/check-links.ts';
import { type Block, readBlocks } from './docs/pages/page-blocks.ts';
import { TESTED_ELSEWHERE } from './docs/run/languages.ts';
import { testBlocks } from './docs/run/test-page.ts';
import { installPackage } from './docs/world/package-under-test.ts';

const MOST_NOT_RUN = 10;
const LANES = 2;

const { only, tarball } = parseArgs({
  options: { only: { type: 'string', multiple: true }, tarball: { type: 'string' } },
}).values;
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const pages = ['README.md', 'CONTRIBUTING.md', ...markdownBelow('docs')].filter(
  (page) => only === undefined || only.some((name) => page === name || page === `docs/${name}`),
);
/** Returns the number of fences on a page, as an estimate of how long its test takes. */
const fences = (page: string): number => readFileSync(page, 'utf8').match(/^```/gm)?.length ?? 0;
const folder = mkdtempSync(join(tmpdir(), 'switchyard-docs-package-'));
const failures: string[] = [];
const blocks: Block[] = [];
try {
  const installed = installPackage(folder, tarball ?? null);
  const waiting = pages.toSorted((one, other) => fences(other) - fences(one));
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let page = waiting.shift(); page !== undefined; page = waiting.shift()) await testPage(page, installed);
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
report();

async function testPage(page: string, installed: ReturnType<typeof installPackage>): Promise<void> {
  const startedAt = performance.now();
  const text = readFileSync(page, 'utf8');
  const found: string[] = [...checkLinks(page, text, installed.files)];
  try {
    const own = readBlocks(page, text);
    blocks.push(...own);
    if (own.length > 0) found.push(...(await testBlocks(own, installed)));
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    say(`${page}: ${summaryOf(own)}; ${found.length === 0 ? 'passed' : `${found.length} FAILED`} in ${seconds} s`);
  } catch (error) {
    found.push(`${page}: ${error instanceof Error ? error.message : String(error)}`);
  }
  failures.push(...found);
}

function summaryOf(own: readonly Block[]): string {
  const counts = new Map<string, number>();
  for (const { language } of own) counts.set(language, (counts.get(language) ?? 0) + 1);
  return [...counts].map(([language, count]) => `${count} ${language || 'without a language'}`).join(', ') || 'links';
}

function report(): void {
  const notRun = blocks.filter(({ markers }) => markers.noRun !== null);
  say(`\n${notRun.length} blocks are not run, of at most ${MOST_NOT_RUN}:`);
  for (const { page, line, markers } of notRun) say(`  ${page}:${line} ${markers.noRun}`);
  if (notRun.length > MOST_NOT_RUN) failures.push(`${notRun.length} blocks are not run`);
  const elsewhere = Map.groupBy(blocks, ({ page, language, markers }) => {
    const test = markers.testedBy ?? TESTED_ELSEWHERE[language];
    return test === undefined ? '' : `${page} (${language}): ${test}`;
  });
  elsewhere.delete('');
  say('Blocks that are tested elsewhere:');
  for (const [place, { length }] of elsewhere) say(`  ${length} of ${place}`);
  for (const failure of failures) say(`\n✖ ${failure}`);
  say(`\n${pages.length} pages, ${blocks.length} blocks, ${failures.length} failures`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function markdownBelow(path: string): readonly string[] {
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${path}/${name}`)
    .sort();
}
