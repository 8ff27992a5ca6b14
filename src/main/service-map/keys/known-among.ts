import type { TrustedKey } from '../../../shared/signatures/trust.ts';

/**
 * Returns the keys that have one of these thumbprints. No two returned keys have the same thumbprint or the same kid.
 */
export function knownAmong(thumbprints: readonly string[], keys: readonly TrustedKey[]): readonly TrustedKey[] {
  const found = keys.filter(({ thumbprint }) => thumbprints.includes(thumbprint));
  const byThumbprint = new Map(found.map((key) => [key.thumbprint, key]));
  return [...new Map([...byThumbprint.values()].map((key) => [key.kid, key])).values()];
}
