import { sign } from 'node:crypto';
import type { SigningKey } from './signing-key.ts';

/**
 * Signs the JSON of a payload, and returns a JWS (RFC 7515) in compact serialization. The header contains `alg`, `kid`
 * and `typ`. For an Ed25519 key, `alg` is `EdDSA`, because software older than RFC 9864 knows that name too.
 */
export function signJws(payload: object, key: SigningKey, typ: string): string {
  const input = `${encode({ alg: key.alg, kid: key.kid, typ })}.${encode(payload)}`;
  const data = Buffer.from(input, 'latin1');
  const signature =
    key.alg === 'EdDSA'
      ? sign(null, data, key.privateKey)
      : sign('sha256', data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
