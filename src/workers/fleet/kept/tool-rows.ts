import { startTimer, type Timer } from '../../../shared/clock.ts';
import { codeOf } from '../../../shared/errors.ts';
import type { FleetPartDeps } from '../fleet-part.ts';
import { HashFields, listOf } from './hash-fields.ts';
import { PUT_LISTS } from './kept-scripts.ts';
import { MAX_LIST_BYTES, type OpenedList, openList, packList } from './list-box.ts';

/** How long a catalogue is kept after it was last written, in milliseconds. */
const TTL_MS = 7 * 24 * 60 * 60 * 1_000;

/**
 * A list that does not change is written again after this time, so that the catalogue of a quiet fleet does not expire.
 */
const REWRITE_MS = 24 * 60 * 60 * 1_000;

/** How long lists are collected before they are written, in milliseconds. */
const GATHER_MS = 300;

/**
 * Maximum number of characters in lists that wait to be written. If there are more, the oldest list is dropped. It is
 * written later, when this host notices that the catalogue lacks it.
 */
const MAX_WAITING_CHARACTERS = 16 * 1024 * 1024;

/** Maximum size of the arguments of one script. Only a single large list may exceed it. */
const MAX_WRITE_BYTES = 1024 * 1024;

/** The tool list that this host got from a connector. */
interface OwnList {
  readonly digest: string;
  readonly writtenAtMs: number;
}

interface WaitingList {
  readonly scope: string;
  readonly connectorId: string;
  readonly digest: string;
  readonly text: string;
}

/** The catalogue of tools in Redis. For each connector, it has the list that a host wrote last. */
export class ToolRows {
  readonly #deps: FleetPartDeps;
  readonly #now: () => number;
  readonly #fields: HashFields;
  readonly #own = new Map<string, OwnList>();
  readonly #waiting = new Map<string, WaitingList>();
  #waitingCharacters = 0;
  #timer: Timer | null = null;
  #writing: Promise<void> | null = null;

  /** `now` returns monotonic milliseconds. */
  constructor(deps: FleetPartDeps, now: () => number) {
    this.#deps = deps;
    this.#now = now;
    this.#fields = new HashFields(deps);
    deps.redis.onChange((isConnected) => {
      if (isConnected && this.#waiting.size > 0) this.#writeLater();
    });
    deps.onClose(() => this.flush());
  }

  /** Returns the digest of this host's tool list for a connector, or null if this host has no such list. */
  digestOf(scope: string, connectorId: string): string | null {
    return this.#own.get(nameOf(scope, connectorId))?.digest ?? null;
  }

  /** Adds a list to the next write, unless this host has already written the same list. */
  note(scope: string, connectorId: string, digest: string, text: string, isMissing: boolean): void {
    const name = nameOf(scope, connectorId);
    const own = this.#own.get(name);
    if (!isMissing && own?.digest === digest && this.#now() - own.writtenAtMs < REWRITE_MS) return;
    this.#own.set(name, { digest, writtenAtMs: this.#now() });
    this.#forgetWaiting(name);
    this.#waiting.set(name, { scope, connectorId, digest, text });
    this.#waitingCharacters += text.length;
    for (const oldest of this.#waiting.keys()) {
      if (this.#waitingCharacters <= MAX_WAITING_CHARACTERS) break;
      this.#forgetWaiting(oldest);
    }
    this.#writeLater();
  }

  /** Records that this host no longer has these connectors. Their lists stay in the catalogue for other hosts. */
  drop(scope: string, connectorIds: readonly string[]): void {
    for (const id of connectorIds) {
      this.#own.delete(nameOf(scope, id));
      this.#forgetWaiting(nameOf(scope, id));
    }
  }

  /** Reads the lists of these connectors. Missing and invalid lists are left out, and invalid ones are removed. */
  async read(scope: string, connectorIds: readonly string[]): Promise<ReadonlyMap<string, OpenedList>> {
    const key = this.#deps.keys.tools(scope);
    const lists = new Map<string, OpenedList>();
    for (const [index, value] of (await this.#fields.read(key, connectorIds, MAX_LIST_BYTES)).entries()) {
      const id = connectorIds[index];
      if (id === undefined || value === null) continue;
      const list = openList(this.#deps.sealer, key, id, value);
      if (list === null) await this.#fields.remove(key, id, value, 'is not a list of this fleet');
      else lists.set(id, list);
    }
    return lists;
  }

  /**
   * Writes the lists that wait. Resolves when they are written, or when the Redis server is unreachable. Never rejects.
   */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#writing;
    this.#writing = this.#write();
    await this.#writing;
    this.#writing = null;
  }

  #writeLater(): void {
    this.#timer ??= startTimer(GATHER_MS, () => void this.flush());
  }

  async #write(): Promise<void> {
    const all = [...this.#waiting.values()];
    for (const [scope, lists] of Map.groupBy(all, (list) => list.scope)) {
      let batch: { readonly list: WaitingList; readonly value: Buffer }[] = [];
      let bytes = 0;
      for (const list of lists) {
        const value = packList(this.#deps.sealer, this.#deps.keys.tools(scope), list);
        if (value.length > MAX_LIST_BYTES) {
          this.#forgetWaiting(nameOf(scope, list.connectorId));
          this.#deps.emit({
            kind: 'refused',
            what: 'tools',
            why: `the tool list of ${list.connectorId} is larger than 4 MiB`,
          });
          continue;
        }
        if (batch.length > 0 && bytes + value.length > MAX_WRITE_BYTES) {
          if (!(await this.#writeBatch(scope, batch))) return;
          batch = [];
          bytes = 0;
        }
        batch.push({ list, value });
        bytes += value.length;
      }
      if (batch.length > 0 && !(await this.#writeBatch(scope, batch))) return;
    }
  }

  /** Writes one batch of lists. Resolves with false if the Redis server is unreachable. */
  async #writeBatch(
    scope: string,
    batch: readonly { readonly list: WaitingList; readonly value: Buffer }[],
  ): Promise<boolean> {
    const { keys, redis, settings } = this.#deps;
    const args = batch.flatMap(({ list, value }) => [list.connectorId, list.digest, value]);
    try {
      const reply = listOf(
        await this.#fields.write(PUT_LISTS, keys.tools(scope), keys.toolScopes, scope, TTL_MS, ...args),
      );
      for (const [index, { list }] of batch.entries()) {
        const name = nameOf(scope, list.connectorId);
        // If a newer list of the connector has arrived, it must still be written.
        if (this.#waiting.get(name) === list) this.#forgetWaiting(name);
        if (reply[index] !== 1) continue;
        const { connectorId, digest } = list;
        const message = JSON.stringify({ scope, connectorId, digest, by: settings.hostId });
        await redis.command('PUBLISH', keys.toolNews, message);
      }
      return true;
    } catch (error) {
      if (codeOf(error) !== 'FLEET_UNAVAILABLE' && codeOf(error) !== 'FLEET_REFUSED') throw error;
      return false;
    }
  }

  #forgetWaiting(name: string): void {
    this.#waitingCharacters -= this.#waiting.get(name)?.text.length ?? 0;
    this.#waiting.delete(name);
  }
}

function nameOf(scope: string, connectorId: string): string {
  return `${scope}\n${connectorId}`;
}
