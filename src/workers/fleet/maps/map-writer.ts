import { hash } from 'node:crypto';
import type { LimitFunction } from 'p-limit';
import type { FleetMapKeys } from '../../../shared/fleet/fleet-keys.ts';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import { boxBody, boxPatch, type PlainBody } from '../../../shared/fleet/map-box.ts';
import { type MapHead, writeMapHead } from '../../../shared/fleet/map-head.ts';
import type { Redis } from '../redis.ts';
import type { HeldLease } from './map-lease.ts';
import { ANY_STATE, PUT_HEAD, PUT_MAP } from './map-scripts.ts';

/** Result of a script that writes. */
type WriteOutcome = 'done' | 'fenced' | 'changed' | 'bodiless' | 'lost';

/** Identifies a sealed body, to check whether the body in Redis is still the same. */
export interface BoxMark {
  readonly length: number;
  /** SHA-1 (hex), because the Redis server can compute this digest itself. */
  readonly sha1: string;
}

/** A head together with the text that was written for it. */
export interface WrittenHead {
  readonly head: MapHead;
  readonly text: string;
  /** Identifies the sealed body; null if this host has not seen it. */
  readonly box: BoxMark | null;
}

export interface WriteResult {
  readonly outcome: WriteOutcome;
  readonly written: WrittenHead;
}

/**
 * A body packed for Redis. If it saves space, there is also a patch that turns the fleet's current body into this one.
 */
export interface PackedBody {
  readonly box: Buffer;
  readonly patch: Buffer | null;
  readonly baseSha256: string | null;
}

interface WriterDeps {
  readonly redis: Pick<Redis, 'run' | 'bulk' | 'command'>;
  readonly keys: FleetMapKeys;
  readonly name: string;
  readonly sealer: FleetSealer;
  readonly heavy: LimitFunction;
}

/** Limits of the time to live. Heads and bodies are kept for twice as long as the map is valid, within these limits. */
const MIN_TTL_MS = 10 * 60_000;
const MAX_TTL_MS = 14 * 24 * 3_600_000;
const PATCH_TTL_MS = 10 * 60_000;
/** How long a replaced body is kept, so that hosts can finish reading it. */
const LEFT_MS = 10_000;
const PIECE_BYTES = 256 * 1024;
const UPLOAD_TTL_MS = 60_000;
const MAX_ROUNDS = 3;

/** Writes the bodies and heads of a map. Nothing is written if this host does not have the lease. */
export class MapWriter {
  readonly #deps: WriterDeps;
  /**
   * Key of the patch that was published last. The next publication replaces this patch, and the body that the patch
   * creates.
   */
  #lastPatch: string | null = null;

  constructor(deps: WriterDeps) {
    this.#deps = deps;
  }

  /** Packs a body. If `base` is a different body, also packs a patch that turns `base` into the body. */
  pack(
    sha256: string,
    body: PlainBody,
    base: { readonly sha256: string; readonly body: PlainBody } | null,
  ): Promise<PackedBody> {
    const { sealer, keys, heavy } = this.#deps;
    return heavy(async () => {
      const box = await boxBody(sealer, keys.body(sha256), body);
      if (base === null || base.sha256 === sha256) return { box, patch: null, baseSha256: null };
      const key = keys.patch(base.sha256, sha256);
      return { box, patch: await boxPatch(sealer, key, body, base.body.bytes, box.length), baseSha256: base.sha256 };
    });
  }

  /**
   * Writes body, patch and head, and notifies all hosts. Before each attempt, `decide` returns the head and the body to
   * replace, or null to cancel the write.
   */
  async putMap(
    lease: HeldLease,
    head: MapHead,
    packed: PackedBody,
    decide: () => Promise<{ readonly expected: Buffer | string; readonly oldSha256: string | null } | null>,
  ): Promise<WriteResult | null> {
    const { redis, keys, name, sealer } = this.#deps;
    const { box, patch, baseSha256 } = packed;
    const text = writeMapHead(head, name, sealer);
    const bodyKey = keys.body(head.sha256);
    const patchKey = keys.patch(baseSha256 ?? '', head.sha256);
    const uploaded = `${head.sha256}:${lease.token}`;
    const uploads = [keys.body(uploaded), keys.patch(uploaded, '')] as const;
    try {
      await this.#upload(uploads[0], box);
      if (patch !== null) await this.#upload(uploads[1], patch);
      for (let round = 1; ; round += 1) {
        const decided = await decide();
        if (decided === null) return null;
        const { oldSha256 } = decided;
        const oldBodyKey = oldSha256 === null ? bodyKey : keys.body(oldSha256);
        const names = [keys.lease, keys.head, bodyKey, patchKey, oldBodyKey, this.#lastPatch ?? patchKey, ...uploads];
        // In the last round, the write replaces any head. Otherwise, an intruder who writes all the time could block
        // the leader.
        const expected = round < MAX_ROUNDS ? decided.expected : ANY_STATE;
        const lengths = [box.length, patch?.length ?? 0];
        const facts = [text, ttlOf(head), keys.news, ...lengths, PATCH_TTL_MS, LEFT_MS];
        const outcome = outcomeOf(await redis.run(PUT_MAP, ...names, lease.token, expected, ...facts));
        if (outcome === 'changed' && round < MAX_ROUNDS) continue;
        if (outcome === 'done') this.#lastPatch = patch === null ? null : patchKey;
        return { outcome, written: { head, text, box: markOf(box) } };
      }
    } finally {
      // After a success, the temporary names no longer exist. If they cannot be removed now, they expire.
      await redis.command('DEL', ...uploads).catch(() => {});
    }
  }

  /** Writes a value in pieces, so that no single command takes long on a slow network. */
  async #upload(key: string, value: Buffer): Promise<void> {
    const { redis } = this.#deps;
    await redis.bulk('SET', key, value.subarray(0, PIECE_BYTES), 'PX', UPLOAD_TTL_MS);
    for (let from = PIECE_BYTES; from < value.length; from += PIECE_BYTES)
      await redis.bulk('APPEND', key, value.subarray(from, from + PIECE_BYTES));
  }

  /** Writes a head for a body that is already stored, and notifies all hosts. */
  async putHead(lease: HeldLease, expected: Buffer | string, head: MapHead, box: BoxMark | null): Promise<WriteResult> {
    const { redis, keys, name, sealer } = this.#deps;
    const text = writeMapHead(head, name, sealer);
    const names = [keys.lease, keys.head, keys.body(head.sha256)];
    const outcome = await redis.run(PUT_HEAD, ...names, lease.token, expected, text, ttlOf(head), keys.news);
    return { outcome: outcomeOf(outcome), written: { head, text, box } };
  }
}

/** Returns length and digest of a sealed body. */
export function markOf(box: Buffer): BoxMark {
  return { length: box.length, sha1: hash('sha1', box, 'hex') };
}

function ttlOf(head: MapHead): number {
  return Math.max(MIN_TTL_MS, Math.min(MAX_TTL_MS, 2 * (head.expiresAtMs - head.generatedAtMs)));
}

const OUTCOMES = ['done', 'changed', 'bodiless', 'lost'] as const satisfies readonly WriteOutcome[];

function outcomeOf(reply: unknown): WriteOutcome {
  return OUTCOMES.find((outcome) => outcome === String(reply)) ?? 'fenced';
}
