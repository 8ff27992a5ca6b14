import { describe, expect, it } from 'vitest';
import { Lineage, oldStoreKeyOf, storeKeyOf } from '../../../../src/main/service-map/trust/lineage.ts';
import { hmacTrust } from '../../../../src/shared/signatures/trust.ts';
import { NO_FACTS } from '../../../helpers/stored-source.ts';

const URL = 'http://maps.test/map';
const stored = (floorMs: number | null, facts: object = {}) => ({
  ...{ floorMs, map: null, isDamaged: false, ...NO_FACTS },
  ...facts,
});

describe('storeKeyOf', () => {
  it('storeKeyOf() returns the same key for two spellings of one URL', () => {
    const keys = ['http://maps.test/map', 'HTTP://MAPS.test:80/map#here'].map(storeKeyOf);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  });

  it('storeKeyOf() returns different keys for URLs with different queries, for example for maps of two tenants', () => {
    expect(storeKeyOf(`${URL}?tenant=a`)).not.toBe(storeKeyOf(`${URL}?tenant=b`));
  });

  it('storeKeyOf() returns a different key from earlier versions, whose keys depended on the signature key', () => {
    const keys = [storeKeyOf(URL), oldStoreKeyOf(URL, 'a'), oldStoreKeyOf(URL, 'b')];
    expect(new Set(keys).size).toBe(3);
  });
});

describe('Lineage', () => {
  it('Lineage needs one read of the store, and another read for a signature key that is new', () => {
    const lineage = new Lineage(URL);
    const first = lineage.unread(['a']);
    expect(first).toEqual([oldStoreKeyOf(URL, 'a')]);
    lineage.remember(stored(5), first ?? []);
    expect(lineage.unread(['a'])).toBeNull();
    expect(lineage.unread(['b', 'a'])).toEqual([oldStoreKeyOf(URL, 'b'), oldStoreKeyOf(URL, 'a')]);
    expect(new Lineage(URL).unread([])).toEqual([]);
  });

  it('Lineage never lowers the minimum map time, except for a reset', () => {
    const lineage = new Lineage(URL);
    lineage.raiseFloor(10);
    lineage.remember(stored(5), []);
    lineage.remember(stored(null), []);
    lineage.raiseFloor(7);
    expect(lineage.floorMs).toBe(10);
    lineage.lowerFloor(null);
    lineage.raiseFloor(7);
    expect(lineage.floorMs).toBe(7);
  });

  it('Lineage keeps the facts that it has learned about a map, and accepts no older key document', () => {
    const lineage = new Lineage(URL);
    lineage.learn({ seenSigned: true, mapId: 'first', keyVersion: 3, keyDocument: 'third' });
    lineage.learn({ seenSigned: false, mapId: 'second', keyVersion: 2, keyDocument: 'second' });
    lineage.learn(NO_FACTS);
    expect(lineage.facts).toEqual({ seenSigned: true, mapId: 'first', keyVersion: 3, keyDocument: 'third' });
  });

  it('Lineage requires that the map is verified again if the trust options change, and keeps the minimum map time', () => {
    const lineage = new Lineage(URL);
    const known = () => [lineage.etag, lineage.bodySha256, lineage.floorMs];
    const trust = hmacTrust('a');
    lineage.useTrust(trust, null);
    lineage.prove('"e"', 'body');
    lineage.raiseFloor(10);
    lineage.useTrust({ ...trust, requiresSignature: true, mapId: 'seen' }, null);
    expect(known()).toEqual(['"e"', 'body', 10]);
    const changes = [
      { hmacKeys: ['b', 'a'] },
      { accept: 'either' as const },
      { threshold: 2 },
      { revoked: ['thumbprint'] },
      { keysExpireAtMs: 1 },
    ];
    for (const change of changes) {
      lineage.prove('"e"', 'body');
      lineage.useTrust({ ...trust, ...change }, null);
      expect(known()).toEqual([null, null, 10]);
    }
    lineage.prove('"e"', 'body');
    lineage.useTrust({ ...trust, keysExpireAtMs: 1 }, 'configured');
    expect(known()).toEqual([null, null, 10]);
  });
});
