/**
 * Runs around the whole test run of all projects. Everything that the tests logged, threw, measured or printed must be
 * free of the secrets that they used.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVIDENCE_VARIABLE, SECRET_MARK } from './evidence.ts';

export default function setUp(): () => void {
  // The setup of each project calls this function. Only the first call has an effect.
  if (process.env[EVIDENCE_VARIABLE] !== undefined) return () => {};
  const dir = mkdtempSync(join(tmpdir(), 'switchyard-evidence-'));
  process.env[EVIDENCE_VARIABLE] = dir;
  return () => {
    try {
      searchForSecrets(dir);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  };
}

/**
 * Throws an error that quotes the lines in which a secret is found. Reports what was searched, so that an empty search
 * is noticed.
 */
export function searchForSecrets(dir: string): void {
  const lines = readdirSync(dir).flatMap((file) => readFileSync(join(dir, file), 'utf8').split('\n'));
  const leaks = lines.filter((line) => line.includes(SECRET_MARK));
  process.stdout.write(
    `Searched ${lines.length} lines of logs, errors, metrics and output for secrets: ${leaks.length} found\n`,
  );
  if (leaks.length > 0) {
    process.exitCode = 1;
    throw new Error(`Secrets leaked:\n${leaks.slice(0, 10).join('\n')}`);
  }
}
