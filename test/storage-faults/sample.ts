import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerInfo } from '../../src/main/registry/fs-store.ts';
import { StoreKeeper } from '../../src/workers/store/store-keeper.ts';

/** The names of the servers in a sample. */
export const NAMES = Array.from({ length: 12 }, (_, index) => `server-${index}`);
const server = (name: string, version: number): ServerInfo => ({
  name,
  transport: 'http',
  endpoint: `http://${name}.example/${version}`,
});

/**
 * State of the registry before the damage. `closed`: the database and `servers.json` have all changes. `killed`: some
 * changes are only in the write-ahead log.
 */
export type SampleKind = 'closed' | 'killed';

/** Creates a registry for a test to damage. Returns the folder of the registry. */
export function makeSample(folder: string, kind: SampleKind): string {
  const source = join(folder, 'source');
  const registry = join(source, 'servers.json');
  const keeper = new StoreKeeper(source, () => {});
  const put = (names: readonly string[], version: number): void => {
    for (const name of names)
      keeper.attempt(() => keeper.store().applyServers([{ name, info: server(name, version) }]));
  };
  put([...NAMES, 'gone'], 1);
  keeper.attempt(() => keeper.store().applyServers([{ name: 'gone', info: null }]));
  keeper.attempt(() => keeper.store().syncServers(registry, { storeId: null, revision: 0 }, 'write'));
  keeper.close();
  if (kind === 'closed') return source;
  put(NAMES.slice(0, 5), 2);
  const sample = join(folder, 'sample');
  cpSync(source, sample, { recursive: true });
  keeper.close();
  return sample;
}
