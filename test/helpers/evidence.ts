import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { threadId } from 'node:worker_threads';

/** Text that is part of every secret in the tests and of nothing else. Output that contains it has leaked a secret. */
export const SECRET_MARK = 's3cr3t';

/** Environment variable that names the folder in which a test run collects its output. */
export const EVIDENCE_VARIABLE = 'SWITCHYARD_EVIDENCE_DIR';

const EVERYTHING = { depth: 10, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null };

/** Creates a secret for a test. */
export function secret(name: string): string {
  return `${SECRET_MARK}-${name}`;
}

/** Records something that was logged, thrown, measured or printed. All records are searched at the end of the run. */
export function keepEvidence(kind: string, what: unknown): void {
  const dir = process.env[EVIDENCE_VARIABLE];
  if (dir === undefined) return;
  const text = typeof what === 'string' ? what : inspect(what, EVERYTHING);
  appendFileSync(join(dir, `${process.pid}-${threadId}.log`), `${kind}: ${text}\n`);
}
