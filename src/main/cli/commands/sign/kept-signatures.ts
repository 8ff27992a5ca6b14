import { contentOf } from '../../../../shared/load/map-content.ts';
import { MAP_JWS_TYPE, readJws } from '../../../../shared/signatures/jws.ts';
import { SIGNATURES_MEMBER } from '../../../../shared/signatures/map-digest.ts';
import { readStatement } from '../../../../shared/signatures/map-statement.ts';
import type { SigningKey } from '../../../../shared/signatures/signing-key.ts';
import { printable, say } from '../../terminal/output.ts';

/**
 * Returns the map without the signatures that do not match its content, and without the signatures of the keys that are
 * about to sign. Throws MAP_SIGNATURE_MALFORMED if a signature cannot be read.
 */
export function withoutStrayed(
  map: Readonly<Record<string, unknown>>,
  signing: readonly SigningKey[],
): Readonly<Record<string, unknown>> {
  const list = map[SIGNATURES_MEMBER];
  if (!Array.isArray(list)) return map;
  const digest = contentOf(map).digest();
  const kept = (list as readonly unknown[]).filter((text) => {
    const jws = readJws(text, MAP_JWS_TYPE);
    if (signing.some(({ kid }) => kid === jws.kid)) return false;
    const statement = readStatement(jws);
    const isOfMap =
      statement.digest === digest && statement.map === map.id && statement.generatedAt === map.generatedAt;
    if (!isOfMap) say(`The signature by ${printable(jws.kid)} is of another map, so it is left out.`);
    return isOfMap;
  });
  return { ...map, [SIGNATURES_MEMBER]: kept };
}
