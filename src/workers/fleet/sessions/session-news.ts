import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import type { FleetSessionEvent, SessionChange } from '../../../shared/protocol/fleet/session-messages.ts';
import { asChange, MAX_VALUE_LENGTH } from './session-record.ts';

/** Maximum length of a session id, in characters. */
const MAX_ID_LENGTH = 4 * 1024;

/** Maximum length of a message from a replica, which contains an encrypted session id and change. */
const MAX_MESSAGE_LENGTH = MAX_VALUE_LENGTH + 2 * MAX_ID_LENGTH;

/** Maximum number of senders whose message numbers are remembered. */
const MAX_SENDERS = 1_000;

/** A message is accepted if at most this many later messages of the same sender arrived before it. */
const WINDOW = 64;

/** Sequence numbers of the messages that were received from one sender. */
interface Heard {
  highest: number;
  readonly recent: Set<number>;
}

/**
 * Writes and reads the messages in which replicas announce changes to each other. Each message is sealed and numbered
 * by its sender, so that an old message has no effect if it is sent again.
 */
export class SessionNews {
  readonly #sealer: FleetSealer;
  readonly #channel: string;
  readonly #hostId: string;
  /** Name of this sender. A restarted thread gets another name, because its numbers start again. */
  readonly #sender: string = randomBytes(9).toString('base64url');
  readonly #heard = new LRUCache<string, Heard>({ max: MAX_SENDERS });
  #count = 0;

  constructor(sealer: FleetSealer, channel: string, hostId: string) {
    this.#sealer = sealer;
    this.#channel = channel;
    this.#hostId = hostId;
  }

  write(sessionId: string, change: SessionChange): string {
    this.#count += 1;
    const plain = Buffer.from(JSON.stringify([this.#sender, this.#count, this.#hostId, sessionId, change]));
    return this.#sealer.seal('session', this.#channel, plain).toString('base64url');
  }

  /** Parses a message. Returns `own` if this host sent it. Returns null if it is invalid or was received before. */
  read(message: string): FleetSessionEvent | 'own' | null {
    if (message.length > MAX_MESSAGE_LENGTH) return null;
    const box = this.#sealer.open('session', this.#channel, Buffer.from(message, 'base64url'));
    if (box === null) return null;
    let value: unknown;
    try {
      value = parseForeignJson(box.toString());
    } catch {
      return null;
    }
    const [sender, count, by, sessionId, given] = Array.isArray(value) ? (value as readonly unknown[]) : [];
    const change = asChange(given);
    if (typeof sender !== 'string' || typeof by !== 'string' || typeof sessionId !== 'string') return null;
    if (change === null || sessionId.length > MAX_ID_LENGTH || !Number.isSafeInteger(count)) return null;
    if (by === this.#hostId) return 'own';
    return this.#isNew(sender, count as number) ? { kind: 'session-changed', sessionId, change, by } : null;
  }

  #isNew(sender: string, count: number): boolean {
    const heard = this.#heard.get(sender) ?? { highest: 0, recent: new Set() };
    this.#heard.set(sender, heard);
    if (count <= heard.highest - WINDOW || heard.recent.has(count)) return false;
    heard.recent.add(count);
    heard.highest = Math.max(heard.highest, count);
    if (heard.recent.size > 2 * WINDOW)
      for (const old of heard.recent) if (old <= heard.highest - WINDOW) heard.recent.delete(old);
    return true;
  }
}
