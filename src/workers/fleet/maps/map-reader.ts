import type { LimitFunction } from 'p-limit';
import { codeOf, messageOf } from '../../../shared/errors.ts';
import type { FleetMapKeys } from '../../../shared/fleet/fleet-keys.ts';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import {
  digestOf,
  hasDictionaries,
  MAX_BOX_BYTES,
  MIN_PATCHED_BYTES,
  openBody,
  openPatch,
  type PlainBody,
} from '../../../shared/fleet/map-box.ts';
import { MAX_HEAD_BYTES, type MapHead, readMapHead } from '../../../shared/fleet/map-head.ts';
import type { Redis } from '../redis.ts';
import { ABSURD_STATE } from './map-scripts.ts';
import type { PlainBodies } from './plain-bodies.ts';

/**
 * Size of the pieces in which bodies are read. Short replies delay no other replies, and keep the Redis server's buffer
 * for each reader small.
 */
const PIECE_BYTES = 256 * 1024;

interface ReaderDeps {
  readonly redis: Pick<Redis, 'bulk'>;
  readonly keys: FleetMapKeys;
  readonly name: string;
  readonly sealer: FleetSealer;
  readonly bodies: PlainBodies;
  /** Limits how many bodies are packed or unpacked at the same time. */
  readonly heavy: LimitFunction;
  /** Called when a key in Redis has invalid content. */
  readonly refuse: (key: string, why: string) => void;
}

/** Content of the key that stores the head. */
export interface HeadState {
  /** The raw value, which scripts compare with the stored value. */
  readonly raw: Buffer | string;
  readonly head: MapHead | null;
}

/** Reads a map's head and bodies, and verifies everything that it reads. Rejects only with FLEET_UNAVAILABLE. */
export class MapReader {
  readonly #deps: ReaderDeps;

  constructor(deps: ReaderDeps) {
    this.#deps = deps;
  }

  /**
   * Reads the head with GETRANGE, because a Redis user that may only read cannot run scripts. No more bytes are read
   * than a head may have.
   */
  async readHead(): Promise<HeadState> {
    const { keys, name, sealer } = this.#deps;
    const raw = await this.#bytes(keys.head, 0, MAX_HEAD_BYTES);
    if (raw === null || raw.length > MAX_HEAD_BYTES) {
      this.#deps.refuse(keys.head, 'it is not a head');
      return { raw: ABSURD_STATE, head: null };
    }
    if (raw.length === 0) return { raw, head: null };
    const head = readMapHead(raw.toString(), name, sealer);
    if (head === null) this.#deps.refuse(keys.head, 'it is not a head written by a host of the fleet');
    return { raw, head };
  }

  /**
   * Reads the body with this digest. Reads only a patch if there is a patch from `baseSha256`. Returns null if the body
   * is missing or does not match its digest.
   */
  readBody(sha256: string, baseSha256: string | null): Promise<(PlainBody & { how: 'body' | 'patch' }) | null> {
    return this.#deps.heavy(async () => {
      const { name, bodies } = this.#deps;
      const known = bodies.get(name, sha256);
      if (known !== null) return { ...known, how: 'body' };
      const patched = await this.#readPatch(sha256, baseSha256);
      if (patched !== null) return { ...patched, how: 'patch' };
      const whole = await this.#readWhole(sha256);
      return whole === null ? null : { ...whole.body, how: 'body' };
    });
  }

  /** Reads a body in its sealed form. Returns null if it is missing or does not match the digest. */
  readBox(sha256: string): Promise<Buffer | null> {
    return this.#deps.heavy(async () => (await this.#readWhole(sha256))?.box ?? null);
  }

  async #readPatch(sha256: string, baseSha256: string | null): Promise<PlainBody | null> {
    const { keys, name, sealer, bodies } = this.#deps;
    const base = baseSha256 === null ? null : bodies.get(name, baseSha256);
    if (baseSha256 === null || base === null || !hasDictionaries()) return null;
    // Small bodies have no patches. Most maps are small, so this check avoids a useless request on each host.
    if (base.bytes.length < MIN_PATCHED_BYTES) return null;
    const key = keys.patch(baseSha256, sha256);
    const box = await this.#readPieces(key);
    return box === null ? null : this.#proven(key, sha256, await openPatch(sealer, key, box, base.bytes));
  }

  async #readWhole(sha256: string): Promise<{ readonly body: PlainBody; readonly box: Buffer } | null> {
    const key = this.#deps.keys.body(sha256);
    const box = await this.#readPieces(key);
    if (box === null) return null;
    const body = await this.#proven(key, sha256, await openBody(this.#deps.sealer, key, box));
    return body === null ? null : { body, box };
  }

  async #proven(key: string, sha256: string, body: PlainBody | null): Promise<PlainBody | null> {
    if (body !== null && (await digestOf(body.bytes)) === sha256) {
      this.#deps.bodies.put(this.#deps.name, sha256, body);
      return body;
    }
    this.#deps.refuse(key, body === null ? 'it cannot be decrypted' : 'it does not match the digest in its name');
    return null;
  }

  /** Reads a value in pieces. Returns null if it is missing, too long or not a string. */
  async #readPieces(key: string): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    let length = 0;
    for (;;) {
      const piece = await this.#bytes(key, length, length + PIECE_BYTES - 1);
      if (piece === null) return null;
      pieces.push(piece);
      length += piece.length;
      if (piece.length < PIECE_BYTES) return length === 0 ? null : Buffer.concat(pieces);
      if (length > MAX_BOX_BYTES) {
        this.#deps.refuse(key, 'it is too long');
        return null;
      }
    }
  }

  async #bytes(key: string, from: number, to: number): Promise<Buffer | null> {
    try {
      const bytes = await this.#deps.redis.bulk('GETRANGE', key, from, to);
      return Buffer.isBuffer(bytes) ? bytes : null;
    } catch (error) {
      if (codeOf(error) !== 'FLEET_REFUSED') throw error;
      this.#deps.refuse(key, messageOf(error));
      return null;
    }
  }
}
