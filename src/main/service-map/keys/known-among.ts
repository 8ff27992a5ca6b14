import type { TrustedKey } from '../../../shared/signatures/trust.ts';

/** Returns the keys that have one of these thumbprints, each thumbprint and each kid once. */
export function knownAmong(thumbprints: readonly string[], keys: readonly TrustedKey[]): readonly TrustedKey[] {
  const found = keys.filter(({ thumbprint }) => thumbprints.includes(thumbprint));
  const byThumbprint = new Map(found.map((key) => [key.thumbprint, key]));
  return [...new Map([...byThumbprint.values()].map((key) => [key.kid, key])).values()];
}
