import { expect, it } from 'vitest';
import { FirstLists, type FirstListsManager } from '../../../src/main/gateway/first-lists.ts';
import type { ConnectorEntry } from '../../../src/shared/map/service-map.ts';

interface Scripted {
  readonly enabled: readonly string[];
  readonly disabled?: readonly string[];
  readonly listed: readonly string[];
}

/** A manager whose sync ends when `end` is called, and the wait of a gateway in front of it. */
function scripted({ enabled, disabled = [], listed }: Scripted) {
  const synced = Promise.withResolvers<void>();
  let syncs = 0;
  const entries = [
    ...enabled.map((id) => ({ id, status: 'enabled' })),
    ...disabled.map((id) => ({ id, status: 'disabled' })),
  ];
  const manager = {
    restored: () => Promise.resolve(),
    listConnectors: () => entries as unknown as ConnectorEntry[],
    listTools: () => listed.map((connectorId) => ({ connectorId })),
    sync: () => {
      syncs += 1;
      return synced.promise;
    },
  } as unknown as FirstListsManager;
  const closed = new AbortController();
  const lists = new FirstLists(manager, closed.signal);
  let isReady = false;
  const ready = lists.ready().then(() => {
    isReady = true;
  });
  return { lists, ready, closed, synced, syncs: () => syncs, isReady: () => isReady };
}

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it.each<[string, Scripted]>([
  ['every enabled connector has remembered tools', { enabled: ['a', 'b'], disabled: ['c'], listed: ['a', 'b'] }],
  ['tools are remembered and no map was loaded yet', { enabled: [], listed: ['a'] }],
])('answers lists at once if %s', async (_, script) => {
  const { ready, syncs } = scripted(script);
  await ready;
  expect(syncs()).toBe(0);
});

it.each<[string, Scripted]>([
  ['no connector is known yet', { enabled: [], listed: [] }],
  ['no connector has tools', { enabled: ['a'], listed: [] }],
  ['a connector is new since the last run', { enabled: ['a', 'b'], listed: ['a'] }],
])('holds lists until the connectors are up or have failed if %s', async (_, script) => {
  const { lists, ready, synced, syncs, isReady } = scripted(script);
  await turns();
  expect(isReady()).toBe(false);
  synced.resolve();
  await ready;
  await lists.ready();
  expect(syncs()).toBe(1);
});

it('answers lists where the sync fails or the gateway closes', async () => {
  const failing = scripted({ enabled: ['a'], listed: [] });
  failing.synced.reject(new Error('no map'));
  await failing.ready;
  const closing = scripted({ enabled: ['a'], listed: [] });
  await turns();
  closing.closed.abort();
  await closing.ready;
});
