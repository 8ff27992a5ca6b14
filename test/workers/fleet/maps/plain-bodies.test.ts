import { describe, expect, it } from 'vitest';
import { PlainBodies } from '../../../../src/workers/fleet/maps/plain-bodies.ts';

const bodyOf = (length: number) => ({ bytes: new Uint8Array(length), etag: null });

describe('PlainBodies', () => {
  it('PlainBodies evicts the least recently used map bodies beyond its size limit', () => {
    const bodies = new PlainBodies(100);
    bodies.put('map', 'a', bodyOf(40));
    bodies.put('map', 'b', bodyOf(40));
    bodies.get('map', 'a');
    bodies.put('map', 'c', bodyOf(40));
    expect(['a', 'b', 'c'].map((sha256) => bodies.get('map', sha256) !== null)).toEqual([true, false, true]);
    bodies.put('map', 'huge', bodyOf(101));
    expect(bodies.get('map', 'huge')).toBeNull();
  });

  it('PlainBodies keeps only the named bodies of one map, and all bodies of other maps', () => {
    const bodies = new PlainBodies();
    for (const sha256 of ['a', 'b', 'c']) bodies.put('map', sha256, bodyOf(1));
    bodies.put('map2', 'a', bodyOf(1));
    bodies.keepOnly('map', 'b', null, undefined);
    const kept = (name: string) => ['a', 'b', 'c'].filter((sha256) => bodies.get(name, sha256) !== null);
    expect([kept('map'), kept('map2')]).toEqual([['b'], ['a']]);
  });
});
