import { systemClock } from '../../../shared/clock.ts';
import { canonicalJson } from '../../../shared/map/canonical-json.ts';
import { asServiceMap, checkServiceMap } from '../../../shared/map/service-map.ts';
import { createServiceMapSignature } from '../../../shared/map/signature.ts';
import { parseStrictJson } from '../../../shared/map/strict-json.ts';
import { requiredVariable } from '../source-options.ts';
import { EXIT, print, printJson, say } from '../terminal/output.ts';
import { readInput } from '../terminal/read-input.ts';
import { writeOutputFile } from '../terminal/write-output-file.ts';

export interface SignOptions {
  readonly keyEnv: string;
  /** Where to write it; stdout if absent. */
  readonly out?: string;
  /** Date it now. */
  readonly stamp: boolean;
  readonly json: boolean;
}

/**
 * Checks and signs a service map and writes it in canonical form, which is the cheapest to verify. Resolves with the
 * exit code.
 */
export async function runSign(file: string, options: SignOptions): Promise<number> {
  const key = requiredVariable(options.keyEnv, '--key-env');
  const map = asServiceMap(parseStrictJson(await readInput(file)));
  const dated = options.stamp ? { ...map, generatedAt: new Date(systemClock.now()).toISOString() } : map;
  const { entries, expiresAtMs } = checkServiceMap(dated, Number.POSITIVE_INFINITY);
  const { signature: _old, ...unsigned } = dated as Record<string, unknown>;
  const signature = createServiceMapSignature(unsigned, key);
  const text = `${canonicalJson({ ...unsigned, signature })}\n`;
  if (options.out !== undefined) writeOutputFile(options.out, text);
  const expiresAt = new Date(expiresAtMs).toISOString();
  say(`Signed ${entries.length} connectors; the map expires at ${expiresAt}`);
  if (expiresAtMs <= systemClock.now())
    say('That is over already: nobody will accept it. Give --stamp to date it now.');
  if (options.json)
    printJson({ ok: true, signature, connectorCount: entries.length, expiresAt, out: options.out ?? null });
  else if (options.out === undefined) print(text);
  return EXIT.ok;
}
