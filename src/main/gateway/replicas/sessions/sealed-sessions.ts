import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { type Clock, systemClock } from '../../../../shared/clock.ts';
import type { FleetSealer } from '../../../../shared/fleet/fleet-sealer.ts';
import { CLOCK_TOLERANCE_MS, SESSION_MAX_AGE_MS } from '../../../../shared/fleet/session-limits.ts';
import { packFacts, type SessionFacts, unpackFacts } from './session-facts.ts';

/** Prefix of an encrypted session id. */
const PREFIX = 'sy1.';

/**
 * Maximum length of a session id. It goes in a header of every request, and reverse proxies accept 8 KB of headers by
 * default.
 */
export const MAX_ID_LENGTH = 4 * 1024;

/**
 * Maximum bytes of the encrypted facts, which follow the prefix in base64url. `SEAL_BYTES` of these bytes are added by
 * the encryption.
 */
const MAX_BOX_BYTES = Math.floor(((MAX_ID_LENGTH - PREFIX.length) * 3) / 4);
const SEAL_BYTES = 31;

/** Context that encrypted ids are bound to. It is the same for all ids, because ids are not stored under Redis keys. */
const PLACE = 'session id';

/** Maximum number of opened ids that are cached, and of their characters in total. */
const MAX_OPENED = 4_096;
const MAX_OPENED_LENGTH = 8 * 1024 * 1024;

/**
 * Session ids that contain the facts of a session, encrypted with the fleet's secret (AES-256-GCM). So every replica
 * can serve every session without a store.
 */
export class SealedSessions {
  readonly #sealer: Pick<FleetSealer, 'seal' | 'open'>;
  readonly #hostId: string;
  readonly #clock: Clock;
  readonly #opened = new LRUCache<string, SessionFacts>({
    max: MAX_OPENED,
    maxSize: MAX_OPENED_LENGTH,
    sizeCalculation: (_, id) => id.length,
  });

  constructor(sealer: Pick<FleetSealer, 'seal' | 'open'>, hostId: string, clock: Clock = systemClock) {
    this.#sealer = sealer;
    this.#hostId = hostId;
    this.#clock = clock;
  }

  /** Creates the id of a new session: visible ASCII (MCP 2025-11-25, session management), at most 4 096 characters. */
  seal(facts: Omit<SessionFacts, 'hostId' | 'issuedAtMs' | 'nonce'>): string {
    const nonce = randomBytes(12).toString('base64url');
    const whole = { ...facts, nonce, hostId: this.#hostId, issuedAtMs: this.#clock.now() };
    const box = this.#sealer.seal('session', PLACE, packFacts(whole, MAX_BOX_BYTES - SEAL_BYTES));
    return PREFIX + box.toString('base64url');
  }

  /** Returns the facts in an id. Null if no replica made it, if it was changed, or if it is too old. Never throws. */
  open(id: string): SessionFacts | null {
    const facts = this.#opened.get(id) ?? this.#unseal(id);
    return facts === null || this.isOver(facts) ? null : facts;
  }

  /**
   * True if a session's start is too long ago, or lies in the future, by the clock of this replica, or if its client's
   * token has expired.
   */
  isOver({ issuedAtMs, tokenExpiresAtMs }: SessionFacts): boolean {
    const nowMs = this.#clock.now();
    const ageMs = nowMs - issuedAtMs;
    const isExpired = tokenExpiresAtMs !== null && tokenExpiresAtMs <= nowMs;
    return isExpired || ageMs > SESSION_MAX_AGE_MS + CLOCK_TOLERANCE_MS || ageMs < -CLOCK_TOLERANCE_MS;
  }

  #unseal(id: string): SessionFacts | null {
    if (id.length > MAX_ID_LENGTH || !id.startsWith(PREFIX)) return null;
    const text = id.slice(PREFIX.length);
    const box = Buffer.from(text, 'base64url');
    // The same bytes have several spellings in base64; only the spelling that `seal` writes is accepted.
    if (box.toString('base64url') !== text) return null;
    const plain = this.#sealer.open('session', PLACE, box);
    const facts = plain === null ? null : unpackFacts(plain);
    if (facts !== null) this.#opened.set(id, facts);
    return facts;
  }
}
