import type { DigestTexts } from '../signatures/map-digest.ts';

/**
 * The connectors of a map that was proven, as their bytes are in its body: what did not change need not be proven
 * again.
 */
export interface ProvenMap {
  readonly bodySha256: string;
  readonly body: Buffer;
  readonly ids: readonly string[];
  /** Where each entry begins and ends in the body. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** The canonical form of each entry; null where its bytes are that already. */
  readonly canonical: readonly (string | null)[];
  /** 32 bytes each. */
  readonly digests: Uint8Array;
  /** The texts of `digests` that asymmetric signatures cover; null where none were verified. */
  readonly digestTexts: DigestTexts | null;
}

/** What a thread keeps of proven maps at most. The one that was used longest ago goes first. */
const MAX_BYTES = 128 * 1024 * 1024;

/**
 * What a thread remembers of the maps that it proved last, by the checksum of their bodies. Lost with the thread,
 * which costs one whole proof.
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

  /** Keeps a map in place of the one that it followed. */
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
