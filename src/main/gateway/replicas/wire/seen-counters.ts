import { LRUCache } from 'lru-cache';

/** How far a counter may lag behind the highest counter, because hops may overtake each other. */
const WINDOW = 4_096;

/** Maximum number of senders that are remembered. Each costs half a kilobyte. */
const MAX_SENDERS = 4_096;

interface Window {
  highest: number;
  /** Ring with one bit for each of the last {@link WINDOW} counters; the bit is set if the counter was seen. */
  readonly seen: Uint32Array;
}

/**
 * Counters of accepted hops, by sender, so that no hop is accepted twice. No clock is needed for this. A hop is bound
 * to the ids of its sender and its receiver, and each process has a new id after a restart. So nothing has to be
 * remembered across restarts.
 */
export class SeenCounters {
  readonly #senders: LRUCache<string, Window>;

  constructor(maxSenders: number = MAX_SENDERS) {
    this.#senders = new LRUCache({ max: maxSenders });
  }

  /** Marks a counter as seen. Returns false if the counter was seen before, or is so old that this is unknown. */
  take(senderId: string, counter: number): boolean {
    const window = this.#senders.get(senderId) ?? { highest: 0, seen: new Uint32Array(WINDOW / 32) };
    this.#senders.set(senderId, window);
    if (counter <= window.highest - WINDOW) return false;
    if (counter > window.highest) advance(window, counter);
    const [word, bit] = placeOf(counter);
    const isNew = ((window.seen[word] ?? 0) & bit) === 0;
    window.seen[word] = (window.seen[word] ?? 0) | bit;
    return isNew;
  }
}

/** Advances the window to a counter, and clears the bits of the counters that are new in the window. */
function advance(window: Window, counter: number): void {
  if (counter - window.highest >= WINDOW) window.seen.fill(0);
  else
    for (let passed = window.highest + 1; passed <= counter; passed += 1) {
      const [word, bit] = placeOf(passed);
      window.seen[word] = (window.seen[word] ?? 0) & ~bit;
    }
  window.highest = counter;
}

function placeOf(counter: number): readonly [word: number, bit: number] {
  const place = counter % WINDOW;
  return [Math.floor(place / 32), 1 << (place % 32)];
}
