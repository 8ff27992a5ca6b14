/**
 * `npm run test:conformance`: the client scenarios of the official conformance suite, both requirement sets, through each way to a connector: `own` is what a manager
 * takes (by capability: our Streamable HTTP, the SDK where OAuth is wanted), `sdk` is the SDK's client throughout.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REQUIREMENTS = ['2025-11-25', '2026-07-28'];
const WAYS = ['own', 'sdk'];
const TIMEOUT_MS = 240_000;

const client = fileURLToPath(new URL('../test/conformance/client.ts', import.meta.url));
const results = mkdtempSync(join(tmpdir(), 'conformance-'));
let passed = 0;
let failed = 0;

for (const way of WAYS) {
  for (const revision of REQUIREMENTS) {
    // The suite splits the command at blanks.
    const args = ['client', '--command', `node ${client} ${way}`, '--requirements', revision, '--output-dir', results];
    const { status, stdout, stderr, error } = spawnSync('conformance', args, { encoding: 'utf8', timeout: TIMEOUT_MS });
    const scenarios = stdout.split('\n').filter((line) => /^[✓✗] /.test(line));
    const unscored = new Set([...stdout.matchAll(/^ {2}[✓✗] (\S+) \(/gm)].map(([, name]) => name));
    const scored = scenarios.filter((line) => !unscored.has(line.slice(2).split(':', 1)[0] ?? ''));
    const good = scored.filter((line) => line.startsWith('✓'));
    passed += good.length;
    failed += scored.length - good.length;
    process.stdout.write(`${way}, ${revision}: ${good.length} of ${scored.length} scenarios\n`);
    const bad = scored.filter((line) => !line.startsWith('✓'));
    for (const line of bad) process.stdout.write(`  ${line}\n`);
    if (status !== 0 && bad.length === 0) {
      failed += 1;
      process.stdout.write(`  the suite ended with ${status ?? error?.message}:\n${stdout}${stderr}\n`);
    } else if (status === 0 && scored.length === 0) {
      failed += 1;
      process.stdout.write('  the suite ran no scenario\n');
    }
  }
}
rmSync(results, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
