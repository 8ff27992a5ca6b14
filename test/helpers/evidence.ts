import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { threadId } from 'node:worker_threads';

/** What every secret of the tests holds, and nothing else does: what is found with it has leaked. */
export const SECRET_MARK = 's3cr3t';

/** The variable that names the folder in which a test run gathers all it says. */
export const EVIDENCE_VARIABLE = 'SWITCHYARD_EVIDENCE_DIR';

const EVERYTHING = { depth: 10, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null };

/** A secret for a test. */
export function secret(name: string): string {
  return `${SECRET_MARK}-${name}`;
}

/** Keeps something that was logged, thrown, measured or printed, to be searched for secrets at the end of the run. */
export function keepEvidence(kind: string, what: unknown): void {
  const dir = process.env[EVIDENCE_VARIABLE];
  if (dir === undefined) return;
  const text = typeof what === 'string' ? what : inspect(what, EVERYTHING);
  appendFileSync(join(dir, `${process.pid}-${threadId}.log`), `${kind}: ${text}\n`);
}
