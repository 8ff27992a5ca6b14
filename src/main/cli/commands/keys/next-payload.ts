import { systemClock } from '../../../../shared/clock.ts';
import type { KeyDocument, KeyDocumentPayload } from '../../../../shared/signatures/key-document.ts';
import { thumbprintOf } from '../../../../shared/signatures/key-set.ts';
import { misuse } from '../../flags/option-values.ts';
import type { PublicJwk } from './key-files.ts';

/** The changes that the next key document makes to the newest one. */
export interface DocumentChange {
  /** Public keys to add. */
  readonly added: readonly PublicJwk[];
  /** The `kid`s of keys to remove. */
  readonly removed: readonly string[];
  /** `kid`s or thumbprints of keys to revoke. Revoked keys are also removed. */
  readonly revoked: readonly string[];
  /** The `kid`s of the new roots. If undefined, the roots stay the same, except that added keys may become roots. */
  readonly roots: readonly string[] | undefined;
  /** How many of the new roots must sign a key document. If undefined, the number stays the same. */
  readonly threshold: number | undefined;
  readonly expiresInMs: number;
}

interface NamedJwk {
  readonly kid: string;
  readonly thumbprint: string;
  readonly jwk: PublicJwk;
}

/**
 * Creates the payload of the document after `newest`, or of the first document if `newest` is null. Throws
 * OPTIONS_INVALID if the change names unknown keys, adds a revoked key, or leaves fewer roots than the number that must
 * sign.
 */
export function nextPayload(newest: KeyDocument | null, change: DocumentChange): KeyDocumentPayload {
  const before = newest === null ? null : payloadOf(newest);
  const old = (before?.keys.keys ?? []).map((jwk) => namedJwk(jwk as PublicJwk));
  const merged = withAdded(old, change.added.map(namedJwk));
  const revokedNow = change.revoked.map((named) => thumbprintNamed(named, merged));
  const revoked = [...new Set([...(before?.revoked ?? []), ...revokedNow])];
  assertKnown(change.removed, merged, '--remove');
  const keys = merged.filter(
    ({ kid, thumbprint }) => !change.removed.includes(kid) && !revokedNow.includes(thumbprint),
  );
  const again = keys.find(({ thumbprint }) => revoked.includes(thumbprint));
  if (again !== undefined) throw misuse(`The key ${again.kid} was revoked, so it cannot be trusted again`);
  const roots = change.roots ?? defaultRoots(before, old, keys);
  assertKnown(roots, keys, '--roots');
  const threshold = change.threshold ?? before?.threshold ?? 1;
  if (threshold > new Set(roots).size)
    throw misuse(
      `${threshold} roots must sign, but only ${roots.length} would be left: add keys, or name roots with --roots`,
    );
  return {
    version: (before?.version ?? 0) + 1,
    expires: new Date(systemClock.now() + change.expiresInMs).toISOString(),
    keys: { keys: keys.map(({ jwk }) => jwk) },
    roots: [...new Set(roots)],
    threshold,
    revoked,
  };
}

/** Returns the payload of a document, exactly as it was signed. */
export function payloadOf({ signatures }: KeyDocument): KeyDocumentPayload {
  // The document was checked by readKeyDocument(), so the payload has this type.
  return signatures[0]?.payload as unknown as KeyDocumentPayload;
}

/**
 * Returns the roots of a document for which no roots were chosen. If all old keys were roots, added keys become roots
 * too. If some keys only sign maps, an added key does not become a root.
 */
function defaultRoots(
  before: KeyDocumentPayload | null,
  old: readonly NamedJwk[],
  keys: readonly NamedJwk[],
): readonly string[] {
  if (before === null || before.roots.length === old.length) return keys.map(({ kid }) => kid);
  return before.roots.filter((root) => keys.some(({ kid }) => kid === root));
}

function withAdded(old: readonly NamedJwk[], added: readonly NamedJwk[]): readonly NamedJwk[] {
  const keys = new Map(old.map((key) => [key.kid, key]));
  for (const key of added) {
    const same = [...keys.values()].find(({ thumbprint }) => thumbprint === key.thumbprint);
    if (same !== undefined && same.kid !== key.kid)
      throw misuse(`The key ${key.kid} of --keys is already in the documents, with the kid ${same.kid}`);
    const namesake = keys.get(key.kid);
    if (namesake !== undefined && namesake.thumbprint !== key.thumbprint)
      throw misuse(
        `The documents already have a different key with the kid ${key.kid}: choose a new kid for the key in --keys`,
      );
    keys.set(key.kid, key);
  }
  return [...keys.values()];
}

function assertKnown(kids: readonly string[], keys: readonly NamedJwk[], flag: string): void {
  const unknown = kids.find((kid) => !keys.some((key) => key.kid === kid));
  if (unknown !== undefined) throw misuse(`${flag} names ${unknown}, but the keys are ${namesOf(keys)}`);
}

/**
 * Returns the thumbprint of a key that is named by its `kid` or thumbprint. A thumbprint may also name a key that is
 * not in the document.
 */
function thumbprintNamed(named: string, keys: readonly NamedJwk[]): string {
  const key = keys.find(({ kid, thumbprint }) => kid === named || thumbprint === named);
  if (key !== undefined) return key.thumbprint;
  if (/^[\w-]{43}$/.test(named)) return named;
  throw misuse(`There is no key ${named}; the keys are ${namesOf(keys)}`);
}

function namesOf(keys: readonly NamedJwk[]): string {
  return keys.map(({ kid }) => kid).join(', ') || 'none';
}

function namedJwk(jwk: PublicJwk): NamedJwk {
  return { kid: String(jwk.kid), thumbprint: thumbprintOf(jwk), jwk };
}
