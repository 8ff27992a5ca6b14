import pLimit from 'p-limit';
import { codeOf, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { FleetMapKeys } from '../../../shared/fleet/fleet-keys.ts';
import { digestOf, MAX_BODY_BYTES, type PlainBody } from '../../../shared/fleet/map-box.ts';
import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap, PublishOutcome } from '../../../shared/protocol/fleet/map-messages.ts';
import type { HeldLease, LeaseBeat, RenewedState } from './map-lease.ts';
import type { HeadState, MapReader } from './map-reader.ts';
import { BEAT } from './map-scripts.ts';
import { type BoxMark, type MapWriter, markOf, type WriteResult, type WrittenHead } from './map-writer.ts';
import type { PlainBodies } from './plain-bodies.ts';
import { isOlder, type UntrustedBodies } from './untrusted-bodies.ts';

/**
 * The digest of a body of N times this size is computed only at every Nth heartbeat, because computing it is slow for
 * the Redis server.
 */
const DIGEST_PACE_BYTES = 256 * 1024;

interface LeaderDeps {
  readonly name: string;
  readonly hostId: string;
  readonly keys: FleetMapKeys;
  readonly bodies: PlainBodies;
  readonly reader: MapReader;
  readonly writer: MapWriter;
  readonly lease: () => HeldLease | null;
  readonly onFenced: (lease: HeldLease) => void;
  /** Returns the map that the main thread uses. */
  readonly held: () => HeldMap | null;
  readonly untrusted: UntrustedBodies;
  readonly refuse: (key: string, why: string) => void;
}

/**
 * Writes a map to Redis while this host leads. When the main thread publishes or confirms a map, that map becomes the
 * one that the fleet should have (`wanted`). Each heartbeat checks whether Redis has it (`own`), or restores it.
 */
export class MapLeader {
  readonly #deps: LeaderDeps;
  /** Ensures that only one write runs at a time. */
  readonly #turn = pLimit(1);
  #own: WrittenHead | null = null;
  #wanted: HeldMap | null = null;
  #beats = 0;
  /** The head that was current at the last heartbeat. */
  #lookedAt: WrittenHead | null = null;

  constructor(deps: LeaderDeps) {
    this.#deps = deps;
  }

  /**
   * Returns the next heartbeat. While a verified map cannot be published, the text of the heartbeat is empty.
   * Otherwise, other hosts would continue to trust an older map.
   */
  beat(): LeaseBeat {
    const own = this.#own;
    const isSilent = this.#wanted !== null && this.#wanted.sha256 !== own?.head.sha256;
    this.#beats += 1;
    this.#lookedAt = own;
    const pace = Math.ceil((own?.box?.length ?? 0) / DIGEST_PACE_BYTES);
    return {
      text: isSilent ? '' : (own?.text ?? BEAT),
      bodyKey: this.#deps.keys.body(own?.head.sha256 ?? ''),
      wantsDigest: pace > 0 && this.#beats % pace === 0,
    };
  }

  /** Compares the state that a renewal found in Redis with what this host wrote. */
  check({ head, bodyLength, bodySha1 }: RenewedState): void {
    const own = this.#own;
    // If this host has written since the heartbeat, or is writing now, the next heartbeat checks the state instead.
    if (own !== this.#lookedAt || this.#turn.activeCount > 0) return;
    const { box } = own ?? { box: null };
    const isBodyGood = box !== null && bodyLength === box.length && (bodySha1 === '' || bodySha1 === box.sha1);
    const isWanted = this.#wanted === null || this.#wanted.sha256 === own?.head.sha256;
    if (own !== null && own.text === head && isBodyGood && isWanted) return;
    if (own !== null && box !== null && !isBodyGood && bodyLength >= 0)
      this.#deps.refuse(this.#deps.keys.body(own.head.sha256), 'it is not what the leader wrote');
    void this.settle(box === null || isBodyGood ? null : own);
  }

  /** Restores the wanted map in Redis. `bodiless` is a head that this host wrote and whose body is missing. */
  settle(bodiless: WrittenHead | null = null): Promise<void> {
    return this.#turn(async () => {
      try {
        await this.#settle(bodiless);
      } catch (error) {
        // The next heartbeat tries again. An unreachable server is reported elsewhere.
        if (codeOf(error) !== 'FLEET_UNAVAILABLE') this.#deps.refuse(this.#deps.keys.head, messageOf(error));
      }
    });
  }

  /** Publishes a verified body to all hosts. */
  publish(map: HeldMap, bytes: Uint8Array<ArrayBuffer>): Promise<PublishOutcome> {
    return this.#turn(async () => {
      if (this.#deps.lease() === null) return 'fenced';
      const isTooLarge = bytes.length > MAX_BODY_BYTES;
      if (!isTooLarge && (await digestOf(bytes)) !== map.sha256)
        throw refused('Internal error: the service map to publish does not match its digest.');
      this.#wanted = map;
      // No host can get this map from the fleet. Without heartbeats, each host requests the map from the source.
      if (isTooLarge) throw refused(`A service map of ${bytes.length} bytes is too large to be shared in a fleet.`);
      this.#deps.bodies.put(this.#deps.name, map.sha256, { bytes, etag: map.etag });
      return this.#put(map, 'older-loses');
    });
  }

  /** Publishes that the source still has this body. A body that Redis lacks is written later. */
  confirm(sha256: string): Promise<PublishOutcome> {
    return this.#turn(async () => {
      if (this.#deps.lease() === null) return 'fenced';
      const state = this.#own?.head.sha256 === sha256 ? null : await this.#deps.reader.readHead();
      if (state?.head?.sha256 === sha256) this.#own = { head: state.head, text: state.raw.toString(), box: null };
      const own = this.#own;
      if (own?.head.sha256 === sha256) {
        const head = { ...own.head, confirms: own.head.confirms + 1 };
        const outcome = await this.#putHead(head, own.text, own.box);
        if (outcome !== null) return outcome;
      }
      const map = this.#known(sha256);
      if (map === null || this.#deps.bodies.get(this.#deps.name, sha256) === null) return 'missing';
      const newer = own ?? state;
      if (newer?.head && isOlder(map, newer.head) && !this.#deps.untrusted.has(newer.head.sha256)) return 'older';
      this.#wanted = map;
      void this.settle(own?.head.sha256 === sha256 ? own : null);
      return 'done';
    });
  }

  /** The digests of bodies from which a patch may be made. */
  get digests(): readonly (string | undefined)[] {
    return [this.#own?.head.sha256, this.#wanted?.sha256];
  }

  /** Forgets what this host wrote, because this host no longer leads, and another host may have overwritten it. */
  reset(): void {
    this.#own = null;
    this.#wanted = null;
  }

  async #settle(bodiless: WrittenHead | null): Promise<void> {
    const { lease, held, reader, keys } = this.#deps;
    const target = this.#wanted ?? held();
    if (lease() === null || target === null) return;
    const state = await reader.readHead();
    const own = this.#own?.head.sha256 === target.sha256 ? this.#own : null;
    const isThere = state.head?.sha256 === target.sha256;
    if (isThere && (own === null || own.box === null)) {
      await this.#adopt(state, target);
    } else if (own !== null) {
      const isHeadGood = state.raw.toString() === own.text;
      if (!isHeadGood && state.head !== null) this.#deps.refuse(keys.head, 'it is not what the leader wrote');
      if (isHeadGood ? bodiless !== own : bodiless !== own && (await this.#putHead(own.head, state.raw, own.box)))
        return;
      await this.#put(target, 'by-force');
    } else if (this.#wanted !== null) {
      await this.#put(target, 'older-loses');
    } else if (state.head === null || this.#deps.untrusted.has(state.head.sha256) || !isOlder(target, state.head)) {
      await this.#put(target, 'by-force');
    }
  }

  /** Writes a head for a body that is already in Redis. Returns null if the body is missing or the head has changed. */
  async #putHead(head: MapHead, expected: Buffer | string, box: BoxMark | null): Promise<'done' | 'fenced' | null> {
    const { lease, writer, hostId } = this.#deps;
    const current = lease();
    if (current === null) return 'fenced';
    const written = { ...head, by: hostId, fence: current.fence };
    const outcome = this.#written(await writer.putHead(current, expected, written, box), current);
    return outcome === 'done' || outcome === 'fenced' ? outcome : null;
  }

  /**
   * Adopts the head of an earlier leader if the main thread has verified its body. The body is read once. Afterwards, a
   * digest shows whether the body has changed.
   */
  async #adopt({ head, raw }: HeadState, target: HeldMap): Promise<void> {
    if (head === null) return;
    const box = await this.#deps.reader.readBox(target.sha256);
    if (this.#deps.lease() === null) return;
    if (box === null) await this.#put(target, 'by-force');
    else this.#own = { head, text: raw.toString(), box: markOf(box) };
  }

  /** Writes a body and its head to Redis. With `older-loses`, a newer map that can be trusted stays. */
  async #put(map: HeldMap, rule: 'older-loses' | 'by-force'): Promise<PublishOutcome> {
    const { name, bodies, reader, writer, hostId, lease } = this.#deps;
    const body = bodies.get(name, map.sha256);
    if (body === null) return 'missing';
    const before = await reader.readHead();
    if (rule === 'older-loses' && (await this.#mustYield(map, before))) return this.#yield();
    const packed = await writer.pack(map.sha256, body, this.#baseOf(before));
    const current = lease();
    if (current === null) return 'fenced';
    const confirms = this.#own?.head.sha256 === map.sha256 ? this.#own.head.confirms : 0;
    const { sha256, generatedAtMs, expiresAtMs, etag } = map;
    const head = { sha256, generatedAtMs, expiresAtMs, etag, confirms, by: hostId, fence: current.fence };
    const result = await writer.putMap(current, head, packed, async () => {
      const state = await reader.readHead();
      if (rule === 'older-loses' && (await this.#mustYield(map, state))) return null;
      const oldSha256 = state.head?.sha256 ?? this.#own?.head.sha256 ?? null;
      return { expected: state.raw, oldSha256 };
    });
    if (result === null) return this.#yield();
    const outcome = this.#written(result, current);
    if (outcome === 'done' || outcome === 'fenced') return outcome;
    throw new SwitchyardError('FLEET_UNAVAILABLE', "The fleet's server has lost data that was just written.");
  }

  #written({ outcome, written }: WriteResult, lease: HeldLease): WriteResult['outcome'] {
    if (outcome === 'fenced') this.#deps.onFenced(lease);
    if (outcome === 'done' && this.#deps.lease()?.token === lease.token) this.#own = written;
    return outcome;
  }

  #yield(): PublishOutcome {
    this.#own = null;
    this.#wanted = null;
    return 'older';
  }

  /** Whether a head must not be replaced, because it is newer, readable, and not refused by the main thread. */
  async #mustYield(map: HeldMap, { head }: HeadState): Promise<boolean> {
    // This host wrote the last head itself, so no other host can have written since.
    if (this.#own !== null) return isOlder(map, this.#own.head);
    if (head === null || !isOlder(map, head) || this.#deps.untrusted.has(head.sha256)) return false;
    if ((await this.#deps.reader.readBody(head.sha256, map.sha256)) !== null) return true;
    this.#deps.untrusted.add(head.sha256);
    return false;
  }

  /** Returns the body that most hosts probably have, as the base of a patch; null if this host lacks it. */
  #baseOf({ head }: HeadState): { readonly sha256: string; readonly body: PlainBody } | null {
    const { name, bodies } = this.#deps;
    for (const sha256 of [head?.sha256, this.#own?.head.sha256]) {
      const body = sha256 === undefined ? null : bodies.get(name, sha256);
      if (sha256 !== undefined && body !== null) return { sha256, body };
    }
    return null;
  }

  #known(sha256: string): HeldMap | null {
    return [this.#wanted, this.#deps.held()].find((map) => map?.sha256 === sha256) ?? null;
  }
}

const refused = (message: string): SwitchyardError => new SwitchyardError('FLEET_MAP_REFUSED', message);
