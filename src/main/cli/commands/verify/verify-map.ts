import { contentOf } from '../../../../shared/load/map-content.ts';
import { assertTimely } from '../../../../shared/load/timeliness.ts';
import { assertMapId, type VerifiedTrust, verifyTrust } from '../../../../shared/load/verify-trust.ts';
import { unusableOf } from '../../../../shared/map/entry-fault.ts';
import { asServiceMap, type CheckedServiceMap, checkServiceMap } from '../../../../shared/map/service-map.ts';
import { parseStrictJson } from '../../../../shared/map/strict-json.ts';
import type { ProofPolicy } from '../../../../shared/protocol/thread-messages.ts';
import type { MapSigners, SignatureTrust } from '../../../../shared/signatures/trust.ts';
import type { Failure } from '../../terminal/output.ts';
import { counted } from '../../terminal/output.ts';
import { type Attempt, attempt } from './attempt.ts';
import { hmacDiagnosis } from './hmac-diagnosis.ts';
import { judgeEach, type SignatureFinding } from './judge-each.ts';

/** Result of one check on a map. */
export interface CheckResult {
  readonly check: 'syntax' | 'signature' | 'shape' | 'time';
  readonly failure: Failure | null;
  /** What was found, as text for a person. */
  readonly found: string;
}

/** Maximum number of left-out entries that are listed. */
const MAX_NAMED = 20;

/** The results of all checks on a map, and a finding for each asymmetric signature. */
export interface MapVerification {
  readonly checks: readonly CheckResult[];
  readonly signatures: readonly SignatureFinding[];
}

/**
 * Runs all possible checks on a map. For example, the shape of a map is checked even if its signature is wrong. In
 * contrast, a host that loads a map stops at the first failure.
 */
export function verifyMap(bytes: Uint8Array, policy: ProofPolicy): MapVerification {
  const syntax = attempt(() => asServiceMap(parseStrictJson(bytes)));
  const checks = [result('syntax', syntax, `strict JSON, ${bytes.length} bytes`)];
  if (!syntax.ok) return { checks, signatures: [] };
  const map = syntax.value;
  const content = contentOf(map);
  const trusted = attempt(() => verifyTrust(content, policy));
  const named = attempt(() => assertMapId({ id: String(map.id) }, policy.trust));
  checks.push(trusted.ok && !named.ok ? result('signature', named, '') : checkSignature(map, trusted, policy.trust));
  const shape = attempt(() => checkServiceMap(map, policy.maxConnectors));
  checks.push(result('shape', shape, shape.ok ? shapeFound(shape.value) : ''));
  if (shape.ok) checks.push(checkTime(shape.value, policy, trusted.ok ? trusted.value.bounds : []));
  return { checks, signatures: judgeEach(content, policy) };
}

function checkSignature(
  map: Readonly<Record<string, unknown>>,
  trusted: Attempt<VerifiedTrust>,
  trust: SignatureTrust,
): CheckResult {
  if (trusted.ok) return { check: 'signature', failure: null, found: signedText(trusted.value.signers, trust) };
  const found = hmacDiagnosis(map, trusted.failure, trust);
  return { check: 'signature', failure: trusted.failure, found };
}

/** Describes how many connectors a map has, and which entries this version cannot use. */
function shapeFound({ entries }: CheckedServiceMap): string {
  const unusable = unusableOf(entries);
  const named = unusable.slice(0, MAX_NAMED).map(({ id, reason }) => `; ${id} will be left out: ${reason}`);
  const more = unusable.length > MAX_NAMED ? `; ${unusable.length - MAX_NAMED} more will be left out` : '';
  return `${counted(entries.length, 'connector')}${named.join('')}${more}`;
}

function signedText({ hmacKey, signatures }: MapSigners, { hmacKeys, threshold }: SignatureTrust): string {
  const which = hmacKeys.length > 1 ? `, by key ${(hmacKey ?? 0) + 1} of ${hmacKeys.length}` : '';
  return [
    ...(hmacKey === null ? [] : [`HMAC-SHA256 over RFC 8785${which}`]),
    ...(signatures.length === 0 ? [] : [`signed by ${keysText(signatures.length)}, and ${threshold} must`]),
  ].join('; ');
}

function keysText(count: number): string {
  return count === 1 ? '1 trusted key' : `${count} trusted keys`;
}

function checkTime(map: CheckedServiceMap, policy: ProofPolicy, bounds: VerifiedTrust['bounds']): CheckResult {
  const timely = attempt(() => assertTimely(map, policy, bounds));
  return result('time', timely, timely.ok ? `expires at ${new Date(timely.value).toISOString()}` : '');
}

function result(check: CheckResult['check'], outcome: Attempt<unknown>, found: string): CheckResult {
  return outcome.ok ? { check, failure: null, found } : { check, failure: outcome.failure, found: '' };
}
