import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { canonicalJson } from '../../../shared/canonical-json.ts';
import { systemClock } from '../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import { asServiceMap, checkServiceMap } from '../../../shared/service-map.ts';
import { createServiceMapSignature } from '../../../shared/signature.ts';
import { parseStrictJson } from '../../../shared/strict-json.ts';
import { EXIT, print, printJson, say } from '../output.ts';
import { requiredVariable } from '../source-options.ts';

export interface SignOptions {
  readonly keyEnv: string;
  /** Where to write it; stdout if absent. */
  readonly out?: string;
  /** Date it now. */
  readonly stamp: boolean;
  readonly json: boolean;
}

/** Signs a service map, checked first, and writes it in canonical form, so that verifying it costs least. Resolves with the exit code. */
export function runSign(file: string, options: SignOptions): Promise<number> {
  const key = requiredVariable(options.keyEnv, '--key-env');
  const map = asServiceMap(parseStrictJson(readBytes(file)));
  const dated = options.stamp ? { ...map, generatedAt: new Date(systemClock.now()).toISOString() } : map;
  const { entries, expiresAtMs } = checkServiceMap(dated, Number.POSITIVE_INFINITY);
  const { signature: _old, ...unsigned } = dated as Record<string, unknown>;
  const signature = createServiceMapSignature(unsigned, key);
  const text = `${canonicalJson({ ...unsigned, signature })}\n`;
  if (options.out !== undefined) replaceFile(options.out, text);
  const expiresAt = new Date(expiresAtMs).toISOString();
  say(`Signed ${entries.length} connectors; the map expires at ${expiresAt}`);
  if (expiresAtMs <= systemClock.now())
    say('That is over already: nobody will accept it. Give --stamp to date it now.');
  if (options.json)
    printJson({ ok: true, signature, connectorCount: entries.length, expiresAt, out: options.out ?? null });
  else if (options.out === undefined) print(text);
  return Promise.resolve(EXIT.ok);
}

/** The bytes of a file, or of stdin where it is called `-`. */
export function readBytes(file: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(readFileSync(file === '-' ? 0 : file));
  } catch (error) {
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot read ${file} (${codeOf(error) ?? 'unknown'})`);
  }
}

/** In one step: who reads the file meanwhile gets the old map or the new one, never half of one. */
function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', flush: true });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot write ${path} (${codeOf(error) ?? 'unknown'})`);
  }
}
