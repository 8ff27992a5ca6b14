import type { MapHead } from '../../../shared/fleet/map-head.ts';
import type { HeldMap } from '../../../shared/protocol/fleet/map-messages.ts';

const MAX_REMEMBERED = 16;

/**
 * Whether a map is older than a head. If the source signed two different bodies with the same time, the one that was
 * published first counts as newer.
 */
export function isOlder(map: HeldMap, head: MapHead): boolean {
  return map.sha256 !== head.sha256 && map.generatedAtMs <= head.generatedAtMs;
}

/**
 * Digests of bodies that could not be read, or that the main thread refused. Heads that refer to such bodies may be
 * replaced.
 */
export class UntrustedBodies {
  readonly #digests = new Set<string>();

  add(sha256: string): void {
    this.#digests.delete(sha256);
    this.#digests.add(sha256);
    const [oldest] = this.#digests;
    if (this.#digests.size > MAX_REMEMBERED && oldest !== undefined) this.#digests.delete(oldest);
  }

  has(sha256: string): boolean {
    return this.#digests.has(sha256);
  }

  /** Removes a digest, because its body was read or verified after all. */
  forgive(sha256: string): void {
    this.#digests.delete(sha256);
  }
}
