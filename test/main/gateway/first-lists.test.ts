import { expect, it } from 'vitest';
import { markLocal } from '../../../src/main/connectors/connection/local-entry.ts';
import { FirstLists, type FirstListsManager } from '../../../src/main/gateway/first-lists.ts';
import type { ConnectorEntry } from '../../../src/shared/map/service-map.ts';
import { eventually } from '../../helpers/eventually.ts';

interface Scripted {
  readonly enabled: readonly string[];
  readonly disabled?: readonly string[];
  readonly listed: readonly string[];
  /** The connectors that are stdio servers. All other connectors use HTTP. */
  readonly programs?: readonly string[];
}

const HOUR_MS = 3_600_000;

/**
 * Creates a manager whose sync ends like the promise `synced`, and the FirstLists of a gateway that uses this manager.
 */
function scripted(
  { enabled, disabled = [], listed, programs = [] }: Scripted,
  limits = { maxWaitMs: HOUR_MS, maxProgramWaitMs: HOUR_MS, maxNamedWaitMs: HOUR_MS },
) {
  const synced = Promise.withResolvers<void>();
  let syncs = 0;
  const entries = [
    ...enabled.map((id) => ({ id, status: 'enabled' })),
    ...disabled.map((id) => ({ id, status: 'disabled' })),
  ];
  for (const entry of entries)
    if (programs.includes(entry.id))
      markLocal(entry as unknown as ConnectorEntry, { command: 'x', args: [], env: {}, cwd: null }, 'the registry');
  const states = new Map(enabled.map((id) => [id, 'connecting']));
  const listeners = new Set<() => void>();
  const manager = {
    connector: (id: string) => ({ entry: entries.find((entry) => entry.id === id), status: { state: states.get(id) } }),
    on: (_: string, listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    restored: () => Promise.resolve(),
    listConnectors: () => entries as unknown as ConnectorEntry[],
    listTools: () => listed.map((connectorId) => ({ connectorId })),
    sync: () => {
      syncs += 1;
      return synced.promise;
    },
  } as unknown as FirstListsManager;
  const closed = new AbortController();
  const read = Promise.withResolvers<void>();
  const lists = new FirstLists(manager, closed.signal, () => read.promise, limits);
  let isReady = false;
  const ready = lists.ready().then(() => {
    isReady = true;
  });
  const becomes = (id: string, state: string): void => {
    states.set(id, state);
    for (const listener of [...listeners]) listener();
  };
  return { lists, ready, closed, synced, read, becomes, listeners, syncs: () => syncs, isReady: () => isReady };
}

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it.each<[string, Scripted]>([
  ['every enabled connector has stored tools', { enabled: ['a', 'b'], disabled: ['c'], listed: ['a', 'b'] }],
  ['tools are stored and no map was loaded yet', { enabled: [], listed: ['a'] }],
])('after its start, the gateway lists tools immediately if %s', async (_, script) => {
  const { ready, syncs } = scripted(script);
  await ready;
  expect(syncs()).toBe(0);
});

it.each<[string, Scripted]>([
  ['no connector is known yet', { enabled: [], listed: [] }],
  ['no connector has stored tools', { enabled: ['a'], listed: [] }],
  ['a connector is new since the last run', { enabled: ['a', 'b'], listed: ['a'] }],
])(
  'after its start, the gateway lists tools only when all connectors are up or have failed, if %s',
  async (_, script) => {
    const { lists, ready, synced, syncs, isReady } = scripted(script);
    await turns();
    expect(isReady()).toBe(false);
    synced.resolve();
    await ready;
    await lists.ready();
    expect(syncs()).toBe(1);
  },
);

it('before its first tool list, the gateway waits for an HTTP connector no longer than `maxWaitMs`', async () => {
  const { ready } = scripted(
    { enabled: ['a'], listed: [] },
    { maxWaitMs: 1, maxProgramWaitMs: HOUR_MS, maxNamedWaitMs: HOUR_MS },
  );
  await ready;
});

it('before its first tool list, the gateway waits longer than `maxWaitMs` for stdio servers that are still starting', async () => {
  const script = { enabled: ['http', 'one', 'two'], programs: ['one', 'two'], listed: [] };
  const { ready, becomes, listeners, isReady } = scripted(script, {
    maxWaitMs: 1,
    maxProgramWaitMs: HOUR_MS,
    maxNamedWaitMs: HOUR_MS,
  });
  await eventually('the short limit is over', () => listeners.size === 1);
  becomes('one', 'ready');
  await turns();
  expect(isReady()).toBe(false);
  becomes('two', 'backing-off');
  await ready;
  expect(listeners.size).toBe(0);
});

it('before its first tool list, the gateway waits for a stdio server no longer than `maxProgramWaitMs`', async () => {
  const script = { enabled: ['a'], programs: ['a'], listed: [] };
  await scripted(script, { maxWaitMs: 1, maxProgramWaitMs: 2, maxNamedWaitMs: 2 }).ready;
});

it('a request for the first tool list stops waiting if the sync fails or the gateway closes', async () => {
  const failing = scripted({ enabled: ['a'], listed: [] });
  failing.synced.reject(new Error('no map'));
  await failing.ready;
  const closing = scripted({ enabled: ['a'], listed: [] });
  await turns();
  closing.closed.abort();
  await closing.ready;
});

it('before its first list of prompts or resources, the gateway waits for connectors, even if tools are stored', async () => {
  const { lists, ready, synced, read } = scripted({ enabled: ['a'], listed: ['a'] });
  await ready;
  let areFeaturesReady = false;
  const features = lists.featuresReady().then(() => {
    areFeaturesReady = true;
  });
  synced.resolve();
  await turns();
  expect(areFeaturesReady).toBe(false);
  read.resolve();
  await features;
});

it('a request for a single tool, prompt or resource waits for all connectors, even after the limits for lists', async () => {
  const limits = { maxWaitMs: 0, maxProgramWaitMs: 0, maxNamedWaitMs: HOUR_MS };
  const { lists, synced, read } = scripted({ enabled: ['a'], listed: [] }, limits);
  await lists.featuresReady();
  let isKnown = false;
  const named = lists.namedReady().then(() => {
    isKnown = true;
  });
  await turns();
  expect(isKnown).toBe(false);
  synced.resolve();
  read.resolve();
  await named;
});
