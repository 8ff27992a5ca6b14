import { verifyServiceMapSignature } from '../../../../shared/map/signature.ts';
import type { SignatureTrust } from '../../../../shared/signatures/trust.ts';
import type { Failure } from '../../terminal/output.ts';
import { matchingForm } from './publisher-forms.ts';

/** Returns a sentence about the probable cause of a wrong HMAC; empty if the HMAC is right or missing. */
export function hmacDiagnosis(
  map: Readonly<Record<string, unknown>>,
  { code }: Failure,
  { hmacKeys }: SignatureTrust,
): string {
  const { signature } = map;
  if (code !== 'MAP_SIGNATURE_MISMATCH' && code !== 'MAP_SIGNATURE_MALFORMED') return '';
  if (hmacKeys.length === 0 || signature === undefined) return '';
  const text = String(signature);
  if (hmacKeys.some((key) => verifyServiceMapSignature(map, text, key))) return '';
  const form = hmacKeys.map((key) => matchingForm(map, text, key)).find((found) => found !== null);
  if (form === undefined) return 'No known form of the map matches either: the key or the content differs.';
  return (
    `The key is right: it matches when written as ${form}. ` +
    'Write it as RFC 8785 says, in base64url or lower-case hex.'
  );
}
