import { describe, expect, it } from 'vitest';
import { NO_MAP, viewServiceMap } from '../../../src/main/service-map/service-map-status.ts';
import { scriptedMapSource } from '../../helpers/scripted-map-source.ts';
import { entry, NOW } from '../../helpers/signed-map.ts';

describe('viewServiceMap', () => {
  it('the status shows a source without a map as empty, and hides the query of its URL', () => {
    const { source } = scriptedMapSource('eu');
    expect(viewServiceMap(source)).toEqual({ ...NO_MAP, sourceId: 'eu', url: 'http://maps.test/eu' });
  });

  it('the status of a map shows its creation time, its expiry, its brand and the connectors whose removal is delayed', async () => {
    const map = scriptedMapSource();
    map.answer(['a', 'b', 'c', 'd'].map((id) => entry(id)));
    await map.source.sync(false);
    map.answer([entry('a')], { brand: 'other', ttlSeconds: 600 });
    await map.source.sync(true);
    const view = viewServiceMap(map.source);
    expect(view).toMatchObject({ freshness: 'fresh', brand: 'other', revision: 2, connectorCount: 4, lastError: null });
    expect(view.heldRemovals).toEqual(['b', 'c', 'd']);
    expect(view.generatedAt).toBe(NOW - 60_000 + 2);
    expect(view.expiresAt).toBe(NOW - 60_000 + 2 + 600_000);
  });

  it('the status of a map shows why the last refresh failed, and that the earlier map stays in use', async () => {
    const map = scriptedMapSource();
    map.answer([entry('a')]);
    await map.source.sync(false);
    map.answer(403);
    await map.source.sync(true);
    expect(viewServiceMap(map.source)).toMatchObject({
      ...{ connectorCount: 1, revision: 1 },
      lastError: { code: 'MAP_UNAUTHORIZED', at: NOW },
    });
  });
});
