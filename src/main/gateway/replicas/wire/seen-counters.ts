import { LRUCache } from 'lru-cache';

/** How far behind the highest one a counter may come, because hops overtake each other. */
const WINDOW = 4_096;

/** Senders that are remembered. Each costs half a kilobyte. */
const MAX_SENDERS = 4_096;

interface Window {
  highest: number;
  /** A ring of one bit a counter: those that were seen among the last {@link WINDOW}. */
  readonly seen: Uint32Array;
}

/**
 * The counters of hops that were taken, by sender, so that none is taken twice. It needs no clock. A sender's id is new
 * with each start of its process, as is the receiver's, so that nothing has to be remembered beyond a restart.
 */
export class SeenCounters {
  readonly #senders: LRUCache<string, Window>;

  constructor(maxSenders: number = MAX_SENDERS) {
    this.#senders = new LRUCache({ max: maxSenders });
  }

  /** Marks a counter as seen. False for one that was seen before, or is too old to tell. */
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

/** Moves the window on, and forgets the counters whose places in the ring it takes. */
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
