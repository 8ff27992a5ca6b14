import type { ServiceMapStatus } from '../../../service-map/service-map-status.ts';
import { isHmacOnly, type SignedBy, type SignerStatus } from '../../../service-map/trust/map-trust-status.ts';
import { printable } from '../../terminal/output.ts';
import { isoOf } from '../sync.ts';

/** Number of thumbprint characters that are shown. */
const SHORT_THUMBPRINT = 8;

type MapTrust = Pick<
  ServiceMapStatus,
  'signedBy' | 'accept' | 'keys' | 'dropped' | 'ageMs' | 'staleSince' | 'seenSigned' | 'mapId'
>;

/** Returns lines about the signatures of the map, its age, and the key document with the trusted keys. */
export function trustLines(map: MapTrust): readonly string[] {
  const { signedBy, accept, keys, dropped } = map;
  return [
    ...(signedBy === null ? [] : [signedText(signedBy, accept)]),
    ...ageLines(map),
    ...(accept === 'hmac' ? [] : keyLines(keys)),
    ...(dropped === null ? [] : [`dropped at ${isoOf(dropped.at)}: ${dropped.code}`]),
  ];
}

function signedText(signedBy: SignedBy, accept: ServiceMapStatus['accept']): string {
  const { hmacKey, signatures } = signedBy;
  const hmac = hmacKey === null ? [] : [`HMAC${hmacKey === 0 ? '' : ` (key ${hmacKey + 1})`}`];
  const signers = [...hmac, ...signatures.map(signerText)].join('; ');
  return `signed by ${signers}${isHmacOnly({ accept, signedBy }) ? ' alone, though public keys are configured' : ''}`;
}

function signerText({ kid, thumbprint, expiresAt, keyExpiresAt }: SignerStatus): string {
  const key = keyExpiresAt === null ? '' : `, key until ${isoOf(keyExpiresAt)}`;
  return `${printable(kid)} (${thumbprint.slice(0, SHORT_THUMBPRINT)}…) until ${isoOf(expiresAt)}${key}`;
}

function ageLines({ ageMs, staleSince }: MapTrust): readonly string[] {
  if (ageMs === null) return [];
  return [`${durationText(ageMs)} old${staleSince === null ? '' : `, expired since ${isoOf(staleSince)}`}`];
}

function keyLines({ version, expiresAt, trustsConfigurationAlone, lastError }: MapTrust['keys']): readonly string[] {
  const document =
    version === null ? 'the configured keys count' : `key document ${version}, expires ${isoOf(expiresAt)}`;
  const alone = trustsConfigurationAlone ? '; no earlier key document is remembered' : '';
  return [
    `${document}${alone}`,
    ...(lastError === null ? [] : [`key documents not followed: ${lastError.code}: ${printable(lastError.message)}`]),
  ];
}

/** Formats a duration, such as "3 d 4 h", "2 h 5 min", "7 min" or "30 s". */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}
