import { createPrivateKey, sign } from 'node:crypto';
import { compactVerify, importJWK } from 'jose';
import { isErrorCode, SwitchyardError } from '../../../src/shared/errors.ts';
import { isSignedBy, type Jws, MAP_JWS_TYPE, readJws } from '../../../src/shared/signatures/jws.ts';
import { readKeySet, thumbprintOf } from '../../../src/shared/signatures/key-set.ts';
import { readStatement } from '../../../src/shared/signatures/map-statement.ts';
import type { TrustedKey } from '../../../src/shared/signatures/trust.ts';
import { jwksOf } from '../../helpers/signing-keys.ts';
import { FIXED_KEY } from '../engine/fixed-key.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { mutateJson } from '../engine/json-mutation.ts';

/** Separates the header and the payload of a JWS that the target signs. */
const SEPARATOR = '\n%%\n';

const PRIVATE_KEY = createPrivateKey({ key: { ...FIXED_KEY }, format: 'jwk' });
const HEADER = JSON.stringify({ alg: 'EdDSA', kid: 'fixed', typ: MAP_JWS_TYPE });
const PAYLOAD = JSON.stringify({
  ...{ map: 'm', generatedAt: '2026-11-22T12:00:00.000Z', exp: 1_795_000_000.5 },
  digest: `sha-256:${'A'.repeat(43)}`,
});
const SIGNED = signed(HEADER, PAYLOAD);
/** A P-256 key from RFC 7517, appendix A.1. */
const EC = {
  ...{ kty: 'EC', crv: 'P-256', kid: 'ec', use: 'sig', key_ops: ['verify'] },
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
};

/**
 * Fuzzes signatures and keys. The first letter of an input says what follows: `h` a header and a payload, which the
 * target signs with a trusted key; `s` a JWS in compact form; `k` a JWK set.
 */
export const target: FuzzTarget = {
  name: 'signatures',
  covers: ['/src/shared/signatures/', '/src/shared/map/', '/src/shared/json/'],
  seeds: () => [
    `h${HEADER}${SEPARATOR}${PAYLOAD}`,
    `h${JSON.stringify({ typ: MAP_JWS_TYPE, alg: 'Ed25519', kid: 'fixed', crit: ['exp'] })}${SEPARATOR}{}`,
    `s${SIGNED}`,
    `s${SIGNED.replace(/\.[^.]*$/, '.')}`,
    `k${JSON.stringify(jwksOf(FIXED_KEY))}`,
    `k${JSON.stringify({ keys: [EC, { ...EC, kid: 'other', exp: 1, nbf: 0 }, { kty: 'RSA', n: 'AQAB', e: 'AQAB' }] })}`,
  ],
  dictionary: [
    ...[
      'alg',
      'kid',
      'typ',
      'crit',
      'b64',
      'jwk',
      'jku',
      'x5u',
      'x5c',
      'x5t',
      'none',
      'EdDSA',
      'Ed25519',
      'ES256',
      'HS256',
    ],
    ...[
      'keys',
      'kty',
      'crv',
      'x',
      'y',
      'd',
      'k',
      'use',
      'sig',
      'enc',
      'key_ops',
      'verify',
      'sign',
      'exp',
      'nbf',
      'OKP',
      'EC',
    ],
    ...[
      'P-256',
      'X25519',
      'Ed448',
      'secp256k1',
      'RSA',
      'oct',
      'map',
      'generatedAt',
      'digest',
      'sha-256:',
      'iat',
      '__proto__',
    ],
    ...[
      '.',
      '=',
      '-',
      '_',
      '+',
      '/',
      '\n',
      '"',
      '\\u',
      '{',
      '}',
      '[',
      ']',
      SEPARATOR,
      MAP_JWS_TYPE,
      'fixed',
      '\u00e9',
      '\0',
    ],
    Buffer.alloc(32).toString('base64url'),
  ],
  mutate: (input, random, dictionary) => {
    const changed = changeJson(input.subarray(1), random, dictionary);
    return changed === undefined ? undefined : Buffer.concat([input.subarray(0, 1), changed]);
  },
  async start() {
    const [key] = readKeySet(jwksOf(FIXED_KEY));
    must(key !== undefined, 'the fixed key cannot be read');
    const others = await importJWK({ kty: key.jwk.kty ?? '', crv: key.jwk.crv ?? '', x: key.jwk.x ?? '' }, 'EdDSA');
    return {
      async run(input) {
        const text = Buffer.from(input.subarray(1)).toString('utf8');
        switch (String.fromCharCode(input[0] ?? 0)) {
          case 'k':
            return checkKeySet(text);
          case 's':
            checkForgery(text, key);
            return;
          default: {
            const [header = '', payload = ''] = text.split(SEPARATOR);
            const jws = signed(header, payload);
            // Every signature accepted here is also accepted by a widely used library.
            if (checkSigned(jws, header, key)) await compactVerify(jws, others);
          }
        }
      },
    };
  },
};

const changeJson = mutateJson(SEPARATOR);

function signed(header: string, payload: string): string {
  const input = [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${input}.${sign(null, Buffer.from(input), PRIVATE_KEY).toString('base64url')}`;
}

/** Returns null for a JWS that is rejected; the rejection must have the code MAP_SIGNATURE_MALFORMED. */
function read(text: string): Jws | null {
  return refusing('MAP_SIGNATURE_MALFORMED', () => {
    const jws = readJws(text, MAP_JWS_TYPE);
    readStatement(jws);
    return jws;
  });
}

/** Returns whether a JWS that the key has signed is accepted. */
function checkSigned(text: string, header: string, key: TrustedKey): boolean {
  const jws = read(text);
  if (jws === null) return false;
  const { alg, kid, typ } = JSON.parse(header) as Readonly<Record<string, unknown>>;
  must(jws.alg === alg && jws.kid === kid && typ === MAP_JWS_TYPE, 'the header is read as another value');
  const isBelieved = isSignedBy(jws, key);
  must(
    isBelieved === (alg === 'EdDSA' || alg === 'Ed25519'),
    `a signature counts as ${isBelieved} under ${String(alg)}`,
  );
  return isBelieved;
}

/** Checks that no other JWS is accepted than the one that the key has signed. */
function checkForgery(text: string, key: TrustedKey): void {
  const jws = read(text);
  if (jws !== null && isSignedBy(jws, key)) must(text === SIGNED, 'a second spelling of a signature is accepted');
}

function checkKeySet(text: string): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  const keys = refusing('KEYS_INVALID', () => readKeySet(value)) ?? [];
  must(new Set(keys.map(({ kid }) => kid)).size === keys.length, 'two keys have the same kid');
  for (const { jwk, thumbprint, alg, kid } of keys) {
    must(thumbprintOf(jwk) === thumbprint, `the key ${JSON.stringify(kid)} has the thumbprint of another key`);
    must(alg === 'EdDSA' || alg === 'ES256', `a key is used with ${String(alg)}`);
    must(!('d' in jwk), 'a private key is trusted');
  }
}

function refusing<T>(code: string, work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    must(isErrorCode(error.code) && error.code === code, `refused with ${error.code}`);
    must(error.message.isWellFormed() && !/\p{Cc}/u.test(error.message), 'a refusal holds control characters');
    must(error.message.length < 600, 'a refusal is longer than 600 characters');
    return null;
  }
}
