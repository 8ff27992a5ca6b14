import { isDeepStrictEqual } from 'node:util';
import { nextTurn } from '../../shared/clock.ts';
import { lateModule } from '../../shared/late-module.ts';
import type { ConnectorEntry } from '../../shared/map/service-map.ts';
import type { ServerInfo } from '../../shared/servers/server-info.ts';
import type { LocalServer } from '../local-config/entry/server-entry.ts';
import { keptOrMarked } from '../local-config/reuse-if-same.ts';
import type { RegistryProblem } from './registered-server.ts';

// This module is loaded only when needed, because most hosts have no registry, and it loads the parsers of
// configuration files too.
const loadReader = lateModule('the reader of registered servers', async () => {
  const [{ readRegistered }, { withEnvFiles }] = await Promise.all([
    import('./registered-server.ts'),
    import('../local-config/read-local-config.ts'),
  ]);
  return { readRegistered, withEnvFiles };
});

/** Number of servers that are converted in one turn of the event loop. */
const BATCH = 32;

/** Result of converting one server: an entry, or problems. */
interface Made {
  readonly info: ServerInfo;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly server: LocalServer | undefined;
  readonly problems: readonly RegistryProblem[];
}

/** Converts the servers of a registry to connector entries. Entries that did not change stay the same objects. */
export class RegisteredServers {
  readonly #folder: string;
  #made: ReadonlyMap<string, Made> = new Map();
  /** Copy of the environment variables. After a change, it is replaced by a new object. */
  #env: Readonly<NodeJS.ProcessEnv> = {};
  #entries: readonly ConnectorEntry[] = [];
  #collisions: readonly RegistryProblem[] = [];

  /** Creates the converter. Relative paths in servers start at `folder`. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  get entries(): readonly ConnectorEntry[] {
    return this.#entries;
  }

  /** Reasons why some servers have no entry. */
  get problems(): readonly RegistryProblem[] {
    return [...[...this.#made.values()].flatMap(({ problems }) => problems), ...this.#collisions];
  }

  /**
   * Updates the entries from the servers of the registry. Returns whether any entry changed. With `isAnew`, also
   * converts an unchanged server again if environment variables changed, or if it has an `envFile`, which may have
   * changed.
   */
  async update(infos: readonly ServerInfo[], isAnew: boolean): Promise<boolean> {
    const made = new Map<string, Made>();
    const now = { ...process.env };
    if (!isDeepStrictEqual(now, this.#env)) this.#env = now;
    let count = 0;
    for (const info of infos) {
      const known = this.#made.get(info.name);
      const mayDiffer = isAnew && (known?.env !== this.#env || info.envFile !== undefined);
      const isKnown = known?.info === info && !mayDiffer;
      made.set(info.name, isKnown ? known : await this.#make(info, known?.server));
      count += isKnown ? 0 : 1;
      if (!isKnown && count % BATCH === 0) await nextTurn();
    }
    const before = this.#entries;
    this.#made = made;
    this.#takeEntries();
    return before.length !== this.#entries.length || this.#entries.some((entry, at) => entry !== before[at]);
  }

  async #make(info: ServerInfo, known: LocalServer | undefined): Promise<Made> {
    const env = this.#env;
    const { readRegistered, withEnvFiles } = await loadReader();
    const read = readRegistered(info, { env, folder: this.#folder });
    if (read.kind === 'refused') return { info, env, server: undefined, problems: read.problems };
    const { servers, problems } = await withEnvFiles([read.server]);
    return {
      info,
      env,
      server: servers[0] === undefined ? undefined : keptOrMarked(servers[0], known, 'the registry'),
      problems: problems.map(({ place, message }) => ({ code: 'SERVER_INVALID', server: info.name, place, message })),
    };
  }

  /**
   * Collects the entries. If the names of two servers give the same id, the first server gets the id, and the second is
   * reported as a problem.
   */
  #takeEntries(): void {
    const entries = new Map<string, ConnectorEntry>();
    const collisions: RegistryProblem[] = [];
    for (const { server } of this.#made.values()) {
      if (server === undefined) continue;
      const { entry, place } = server;
      const other = entries.get(entry.id);
      if (other === undefined) entries.set(entry.id, entry);
      else {
        const message = `${place} has the id ${entry.id}, which "${other.name}" already has; rename one of them.`;
        collisions.push({ code: 'SERVER_INVALID', server: entry.name, place, message });
      }
    }
    this.#entries = [...entries.values()];
    this.#collisions = collisions;
  }
}
