import type { FleetSealer } from '../../../../shared/fleet/fleet-sealer.ts';
import type { HopKind } from '../replica-hop.ts';

/** Header that authenticates a hop before its body is read. */
export const HOP_HEADER = 'switchyard-hop';

/** Prefix of a hop's path. The kind of the hop follows the prefix. */
export const HOP_PATH = '/fleet/v1/';

/** Facts of a hop other than its body. */
export interface HopFacts {
  readonly kind: HopKind;
  readonly senderId: string;
  readonly receiverId: string;
  /** Number of the hop. It increases with each hop of the sender, and each number is accepted only once. */
  readonly counter: number;
}

/** Claims in a hop's header. They are not trusted until {@link isProven} has verified them. */
export interface HopClaim {
  readonly senderId: string;
  readonly counter: number;
  readonly proof: string;
}

/** The header's three parts, separated by dots: id of the sender, counter, and HMAC-SHA-256 in base64url. */
const HEADER = /^([A-Za-z0-9_-]{1,64})\.([1-9]\d{0,15})\.([A-Za-z0-9_-]{43})$/;

/** Returns the header value of a hop whose encrypted body has `bytes` bytes. */
export function writeHopHeader(facts: HopFacts, bytes: number, sealer: FleetSealer): string {
  return `${facts.senderId}.${facts.counter}.${sealer.prove('hop', provenText(facts, bytes))}`;
}

/** Parses a hop's header. Null if it is missing, repeated or malformed, or if its counter is too high to be genuine. */
export function readHopHeader(value: string | readonly string[] | undefined): HopClaim | null {
  const [, senderId, digits, proof] = (typeof value === 'string' ? HEADER.exec(value) : null) ?? [];
  const counter = Number(digits);
  if (senderId === undefined || proof === undefined || !Number.isSafeInteger(counter)) return null;
  return { senderId, counter, proof };
}

/** True if a replica of the fleet wrote the header, for this kind of hop, this receiver and this length of the body. */
export function isProven(facts: HopFacts, bytes: number, proof: string, sealer: FleetSealer): boolean {
  return sealer.isProof('hop', provenText(facts, bytes), proof);
}

/**
 * Returns the context that the encrypted body of a hop is bound to. The body can only be decrypted for the same kind,
 * sender, receiver and counter.
 */
export function hopPlace({ kind, senderId, receiverId, counter }: HopFacts): string {
  return JSON.stringify(['body', kind, senderId, receiverId, counter]);
}

function provenText({ kind, senderId, receiverId, counter }: HopFacts, bytes: number): string {
  return JSON.stringify(['header', kind, senderId, receiverId, counter, bytes]);
}
