import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { SwitchyardError } from '../errors.ts';
import { type ReadKey, readKey, type UncheckedJwk } from './key-set.ts';
import { shownKid } from './shown-kid.ts';

/** A private key for signing, with its public half. It must not appear in logs or messages. */
export interface SigningKey extends ReadKey {
  readonly privateKey: KeyObject;
}

/**
 * Parses a private JWK (Ed25519 or P-256) with a `kid`. `use`, `alg` and `key_ops` must allow signatures. Throws
 * KEYS_INVALID. The message contains no private member of the key.
 */
export function readSigningKey(jwk: unknown): SigningKey {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) throw invalid('A signing key is not a JWK.');
  const members = jwk as UncheckedJwk;
  const key = readKey(members, 'a signing key', 'sign');
  if (key === null) throw invalid('A signing key is neither an Ed25519 nor a P-256 key for signatures.');
  const { d } = members;
  if (typeof d !== 'string') throw invalid(`The key ${shownKid(key.kid)} is not private: it has no member \`d\`.`);
  const privateKey = readPrivateKey(key, d);
  const { x, y } = privateKey === null ? {} : createPublicKey(privateKey).export({ format: 'jwk' });
  if (privateKey === null || x !== key.jwk.x || y !== key.jwk.y)
    throw invalid(`The private half of the key ${shownKid(key.kid)} does not belong to its public half.`);
  return { ...key, privateKey };
}

function readPrivateKey({ jwk }: ReadKey, d: string): KeyObject | null {
  try {
    return createPrivateKey({ key: { ...jwk, d }, format: 'jwk' });
  } catch {
    // The error is dropped, because the message of OpenSSL could quote the key.
    return null;
  }
}

function invalid(message: string): SwitchyardError {
  return new SwitchyardError('KEYS_INVALID', message);
}
