import { type ConnectorEntry, normalizeEntry } from '../../shared/map/service-map.ts';
import { markLocal } from '../connectors/connection/local-entry.ts';
import type { GivenServer } from '../options/manager-options.ts';

/** Source of the servers in the option `givenServers`. These servers are in memory and never change. */
export class GivenSource {
  readonly #entries: readonly ConnectorEntry[];
  readonly #onEntries: () => void;
  #isRead = false;

  constructor(servers: readonly GivenServer[], { onEntries }: { readonly onEntries: () => void }) {
    this.#entries = servers.map(entryOf);
    this.#onEntries = onEntries;
  }

  get isRead(): boolean {
    return this.#isRead;
  }

  entries(): readonly ConnectorEntry[] {
    return this.#isRead ? this.#entries : [];
  }

  /** Announces the servers at the first call. Never rejects. */
  sync(): Promise<void> {
    if (this.#isRead) return Promise.resolve();
    this.#isRead = true;
    this.#onEntries();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function entryOf({ id, url, headers = {}, program }: GivenServer, index: number): ConnectorEntry {
  const common = { id, version: '0', name: id, status: 'enabled', ttl: 0, scopes: [] } as const;
  const remote = { endpoint: url ?? `stdio:${id}`, transport: 'auto', headers } as const;
  const entry = normalizeEntry(
    program === undefined ? { ...common, ...remote } : { ...common, endpoint: `stdio:${id}` },
    index,
  );
  markLocal(entry, program ?? null, 'the command line');
  return entry;
}
