import type { DigestTexts } from '../signatures/map-digest.ts';

/**
 * Connectors of a verified map with their positions in its body. Connectors that are unchanged in the next map need not
 * be verified again.
 */
export interface ProvenMap {
  readonly bodySha256: string;
  readonly body: Buffer;
  readonly ids: readonly string[];
  /** Offsets at which each entry begins and ends in the body. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Canonical form of each entry; null if its bytes are in canonical form already. */
  readonly canonical: readonly (string | null)[];
  /** Digests of the entries, 32 bytes each. */
  readonly digests: Uint8Array;
  /** `digests` as text, the form that asymmetric signatures cover; null if no asymmetric signature was verified. */
  readonly digestTexts: DigestTexts | null;
}

/** Maximum total size of the verified maps that a thread remembers. The least recently used map is dropped first. */
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * Verified maps that a thread remembers, by the checksum of their bodies. They are lost when the thread ends. The next
 * load then verifies the whole map.
 */
export class ProvenMaps {
  readonly #maps = new Map<string, ProvenMap>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get(bodySha256: string): ProvenMap | undefined {
    return this.#maps.get(bodySha256);
  }

  /**
   * Remembers a map, and forgets the map that it replaces. `followed` is the checksum of the map to forget; null for a
   * first map.
   */
  keep(map: ProvenMap, followed: string | null): void {
    if (followed !== null) this.#drop(followed);
    this.#drop(map.bodySha256);
    this.#maps.set(map.bodySha256, map);
    this.#bytes += sizeOf(map);
    for (const key of this.#maps.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#drop(key);
    }
  }

  #drop(key: string): void {
    const map = this.#maps.get(key);
    if (map === undefined) return;
    this.#maps.delete(key);
    this.#bytes -= sizeOf(map);
  }
}

function sizeOf({ body, canonical, ids, digests, digestTexts }: ProvenMap): number {
  const texts = canonical.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return body.length + texts + ids.length * 64 + digests.length + (digestTexts?.length ?? 0);
}
