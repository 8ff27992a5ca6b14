import { describe, expect, it } from 'vitest';
import { ConnectorSources, type LocalSources } from '../../../src/main/sources/connector-sources.ts';
import { SourceEvents } from '../../../src/main/sources/source-events.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { type ConnectorEntry, normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import { type ScriptedMapSource, scriptedMapSource } from '../../helpers/scripted-map-source.ts';
import { entry, type Json } from '../../helpers/signed-map.ts';

const localEntry = (id: string, overrides: Json = {}): ConnectorEntry =>
  normalizeEntry(entry(id, overrides) as RawEntry, 300);

/** Creates a file or registry source with the entries of the test. */
function localSource(status: never) {
  return {
    current: [] as ConnectorEntry[],
    failure: null as Error | null,
    isRead: false,
    isClosed: false,
    synced: [] as boolean[],
    async sync(force: boolean) {
      this.synced.push(force);
      if (this.failure !== null) throw this.failure;
      this.isRead = true;
    },
    entries() {
      return this.current;
    },
    async close() {
      this.isClosed = true;
    },
    status: () => status,
  };
}

function setUp({ maps = [] as readonly ScriptedMapSource[], withFile = true, withRegistry = true } = {}) {
  const events = new SourceEvents();
  const file = localSource({ path: 'file' } as never);
  const registry = localSource({ path: 'registry' } as never);
  const local: LocalSources = { file: withFile ? file : null, registry: withRegistry ? registry : null };
  const sources = new ConnectorSources(
    maps.map(({ source }) => source),
    local,
    events,
  );
  const announced: (readonly string[])[] = [];
  events.on('local', (ids) => void announced.push(ids));
  return { sources, events, file, registry, announced };
}

async function mapWith(id: string, connectors: readonly Json[], overrides: Json = {}): Promise<ScriptedMapSource> {
  const map = scriptedMapSource(id);
  map.answer(connectors, overrides);
  await map.source.sync(false);
  return map;
}

describe('ConnectorSources', () => {
  it('if several sources list an id, the local file wins over the registry, and the registry over the maps', async () => {
    const named = (name: string) => (id: string) => entry(id, { name });
    const first = await mapWith('first', ['m', 'r', 'f'].map(named('first')));
    const second = await mapWith('second', ['m', 's'].map(named('second')));
    const { sources, events, file, registry } = setUp({ maps: [first, second] });
    registry.current = [localEntry('r', { name: 'registry' }), localEntry('f', { name: 'registry' })];
    file.current = [localEntry('f', { name: 'file' })];
    events.emit('read');
    const names = Object.fromEntries(['m', 's', 'r', 'f', 'none'].map((id) => [id, sources.entry(id)?.name]));
    expect(names).toEqual({ m: 'first', s: 'second', r: 'registry', f: 'file', none: undefined });
  });

  it('entries are listed from the maps, then from the registry, then from the local file, and each id is listed once', async () => {
    const map = await mapWith('default', [entry('f'), entry('m'), entry('r')]);
    const { sources, events, file, registry } = setUp({ maps: [map] });
    registry.current = [localEntry('f'), localEntry('r')];
    file.current = [localEntry('a'), localEntry('f')];
    events.emit('read');
    expect(sources.entries().map(({ id }) => id)).toEqual(['m', 'r', 'a', 'f']);
  });

  it('an event about a changed local source names only connectors whose entry in use has changed', () => {
    const { events, file, registry, announced } = setUp();
    const kept = localEntry('kept');
    registry.current = [kept, localEntry('changed'), localEntry('removed')];
    events.emit('read');
    registry.current = [kept, localEntry('changed')];
    events.emit('read');
    file.current = [localEntry('kept')];
    events.emit('read');
    expect(announced).toEqual([['kept', 'changed', 'removed'], ['changed', 'removed'], ['kept']]);
  });

  it('`isKnown` of ConnectorSources is true only after every source was read', async () => {
    const map = scriptedMapSource();
    const { sources, file, registry } = setUp({ maps: [map] });
    const known = [sources.isKnown];
    map.answer([entry('a')]);
    await map.source.sync(false);
    known.push(sources.isKnown);
    file.isRead = true;
    known.push(sources.isKnown);
    registry.isRead = true;
    known.push(sources.isKnown);
    expect(known).toEqual([false, false, false, true]);
  });

  it('ConnectorSources syncs and closes every local source, and passes on whether a sync is forced', async () => {
    const { sources, file, registry } = setUp();
    await sources.sync(false, 10);
    await sources.syncLocal(true);
    await sources.close(new SwitchyardError('CLOSED', 'closed'));
    expect([file.synced, registry.synced]).toEqual([
      [false, true],
      [false, true],
    ]);
    expect([file.isClosed, registry.isClosed]).toEqual([true, true]);
  });

  it('a sync succeeds if one of several maps is available, and otherwise fails with the first error', async () => {
    const [bad, good] = [scriptedMapSource('bad'), scriptedMapSource('good')];
    good.answer([entry('a')]);
    bad.answer(403);
    const { sources } = setUp({ maps: [bad, good] });
    await sources.sync(false, 1_000);
    expect(sources.isWanted('a')).toBe(true);
    const { sources: none } = setUp({ maps: [bad, scriptedMapSource('worse')] });
    await expect(none.sync(false, 1_000)).rejects.toMatchObject({ code: 'MAP_UNAUTHORIZED' });
  });

  it('a sync fails with the error of a local source only if the maps were available', async () => {
    const map = await mapWith('default', [entry('a')]);
    const { sources, registry } = setUp({ maps: [map] });
    registry.failure = new Error('unreadable');
    await expect(sources.sync(false, 10)).rejects.toThrow('unreadable');
    map.answer(500);
    const { sources: neither, file } = setUp({ maps: [scriptedMapSource()] });
    file.failure = new Error('unreadable');
    await expect(neither.sync(false, 10)).rejects.toMatchObject({ code: 'MAP_HTTP_STATUS' });
  });

  it('originOf() returns the map of an entry, and undefined for an entry from a local file', async () => {
    const map = await mapWith('default', [entry('m'), entry('f')], { brand: 'signed' });
    const { sources, events, file } = setUp({ maps: [map] });
    file.current = [localEntry('f')];
    events.emit('read');
    const [ofMap, ofFile] = ['m', 'f'].map((id) => sources.entry(id) as ConnectorEntry);
    expect([ofMap, ofFile].map((it) => it && sources.originOf(it))).toEqual([map.source, undefined]);
    expect(ofMap && sources.brandOf(ofMap)).toBe('signed');
  });

  it('contests() returns each connector that several maps list, with the map that takes precedence first', async () => {
    const first = await mapWith('first', [entry('a'), entry('b')]);
    const second = await mapWith('second', [entry('b')]);
    const { sources } = setUp({ maps: [first, second] });
    expect(sources.contests(['a', 'b', 'c'])).toEqual([{ connectorId: 'b', sourceIds: ['first', 'second'] }]);
  });

  it('ConnectorSources returns the status of the local file and of the registry, and null for a missing source', () => {
    const { sources } = setUp({ withRegistry: false });
    expect([sources.configStatus(), sources.registryStatus()]).toEqual([{ path: 'file' }, null]);
    expect(setUp({ withFile: false }).sources.registryStatus()).toEqual({ path: 'registry' });
    expect(sources.mapStatuses()).toMatchObject([{ url: null, freshness: 'none' }]);
  });
});
