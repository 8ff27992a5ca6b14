import type { ErrorCode } from '../../../../shared/error-codes.ts';
import { assertTimely } from '../../../../shared/load/timeliness.ts';
import { unusableOf } from '../../../../shared/map/entry-fault.ts';
import { asServiceMap, type CheckedServiceMap, checkServiceMap } from '../../../../shared/map/service-map.ts';
import { assertSigned } from '../../../../shared/map/signature.ts';
import { parseStrictJson } from '../../../../shared/map/strict-json.ts';
import type { ProofPolicy } from '../../../../shared/protocol/thread-messages.ts';
import { type Failure, failureOf } from '../../terminal/output.ts';
import { matchingForm } from './producer-forms.ts';

/** One check of a map. A failure comes with its code, its place and what to do. */
export interface CheckResult {
  readonly check: 'syntax' | 'signature' | 'shape' | 'time';
  readonly failure: Failure | null;
  /** What was found, for people. */
  readonly found: string;
}

/** Entries that are named although they are left out. */
const MAX_NAMED = 20;

type Map = Readonly<Record<string, unknown>>;

/**
 * All checks of a map, each on its own as far as the ones before allow: a map with a wrong signature is still told
 * where its shape is wrong. Unlike proving it, which stops at the first.
 */
export function verifyMap(bytes: Uint8Array, policy: ProofPolicy): readonly CheckResult[] {
  const syntax = attempt(() => asServiceMap(parseStrictJson(bytes)));
  const results = [result('syntax', syntax, `strict JSON, ${bytes.length} bytes`)];
  if (!syntax.ok) return results;
  results.push(checkSignature(syntax.value, policy.trust.hmacKeys[0] ?? ''));
  const shape = attempt(() => checkServiceMap(syntax.value, policy.maxConnectors));
  results.push(result('shape', shape, shape.ok ? shapeFound(shape.value) : ''));
  if (shape.ok) results.push(checkTime(shape.value, policy));
  return results;
}

function checkSignature(map: Map, key: string): CheckResult {
  const signed = attempt(() => assertSigned(map, key));
  const check = result('signature', signed, 'HMAC-SHA256 over RFC 8785');
  const code: ErrorCode | undefined = signed.ok ? undefined : (signed.failure.code as ErrorCode);
  if (code !== 'MAP_SIGNATURE_MISMATCH' && code !== 'MAP_SIGNATURE_MALFORMED') return check;
  const form = matchingForm(map, String(map.signature), key);
  const found =
    form === null
      ? 'No known way of writing it down matches either: the key or the content differs.'
      : `The key is right: it matches when written as ${form}. ` +
        'Write it as RFC 8785 says, in base64url or lower-case hex.';
  return { ...check, found };
}

/** How many connectors there are, and which of them a host of this version leaves out. */
function shapeFound({ entries }: CheckedServiceMap): string {
  const unusable = unusableOf(entries);
  const named = unusable.slice(0, MAX_NAMED).map(({ id, reason }) => `; ${id} will be left out: ${reason}`);
  const more = unusable.length > MAX_NAMED ? `; ${unusable.length - MAX_NAMED} more will be left out` : '';
  return `${entries.length} connectors${named.join('')}${more}`;
}

function checkTime(map: CheckedServiceMap, policy: ProofPolicy): CheckResult {
  const expiresAt = new Date(map.expiresAtMs).toISOString();
  return result(
    'time',
    attempt(() => assertTimely(map, policy)),
    `expires at ${expiresAt}`,
  );
}

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

function result(check: CheckResult['check'], outcome: Attempt<unknown>, found: string): CheckResult {
  return outcome.ok ? { check, failure: null, found } : { check, failure: outcome.failure, found: '' };
}
