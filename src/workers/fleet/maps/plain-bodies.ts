import { LRUCache } from 'lru-cache';
import type { PlainBody } from '../../../shared/fleet/map-box.ts';

/** Maximum total size of the bodies, in bytes. If it is exceeded, the least recently used bodies are dropped. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** Decrypted bodies of maps that this thread read or published. They are needed to create and apply patches. */
export class PlainBodies {
  readonly #bodies: LRUCache<string, PlainBody>;

  constructor(maxBytes = MAX_KEPT_BYTES) {
    this.#bodies = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ bytes }) => Math.max(1, bytes.length) });
  }

  /** Returns the body with this digest, or null if it is not kept. */
  get(mapName: string, sha256: string): PlainBody | null {
    return this.#bodies.get(`${mapName}/${sha256}`) ?? null;
  }

  put(mapName: string, sha256: string, body: PlainBody): void {
    this.#bodies.set(`${mapName}/${sha256}`, body);
  }

  /** Drops all bodies of a map except those with these digests. */
  keepOnly(mapName: string, ...digests: readonly (string | null | undefined)[]): void {
    const kept = new Set(digests.map((sha256) => `${mapName}/${sha256}`));
    for (const key of [...this.#bodies.keys()])
      if (key.startsWith(`${mapName}/`) && !kept.has(key)) this.#bodies.delete(key);
  }
}
