import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  frameOf,
  readStartImage,
  START_IMAGE_FORMAT,
  startImageMap,
} from '../../../src/shared/protocol/start-image.ts';

const SCOPE = 'a scope';
const FACTS = { seenSigned: true, mapId: 'the map', keyVersion: 2, keyDocument: '{}' };
const connector = (connectorId: string) => ({ connectorId, tools: [] });
const header = (changes: object = {}) => ({
  format: START_IMAGE_FORMAT,
  scope: SCOPE,
  connectorCount: 2,
  maps: [{ sourceId: 's', etag: null, generatedAtMs: 1, savedAtMs: 2, facts: FACTS }],
  ...changes,
});

const image = (head: object = header()): Buffer =>
  Buffer.concat([
    frameOf(JSON.stringify(head)),
    frameOf(Buffer.from('the map')),
    frameOf(JSON.stringify(connector('a'))),
    frameOf(JSON.stringify(connector('b'))),
  ]);

describe('readStartImage', () => {
  it('readStartImage() returns the content that was written', () => {
    const read = readStartImage(image(), SCOPE);
    expect(read?.header).toEqual(header());
    expect(read?.maps.map(({ map: { body, ...map }, facts }) => [map, facts, new TextDecoder().decode(body)])).toEqual([
      [{ storeKey: 's', etag: null, generatedAtMs: 1, savedAtMs: 2 }, FACTS, 'the map'],
    ]);
    expect([...(read?.connectors ?? [])]).toEqual([connector('a'), connector('b')]);
  });

  it('readStartImage() reads the store key of a map from the field `sourceId`, like images of earlier versions', () => {
    const map = { storeKey: 's', etag: null, body: new Uint8Array(), generatedAtMs: 1, savedAtMs: 2 };
    expect(startImageMap({ map, facts: FACTS })).toEqual(header().maps[0]);
  });

  it.each([
    ['another scope', image(header({ scope: 'other' }))],
    ['another format', image(header({ format: START_IMAGE_FORMAT + 1 }))],
    ['a file that is not an image', Buffer.from('something else altogether, long enough to be one')],
    ['an empty file', Buffer.alloc(0)],
    ['a header that is not JSON', frameOf('{')],
  ])('readStartImage() returns null for %s', (_, bytes) => {
    expect(readStartImage(bytes, SCOPE)).toBeNull();
  });

  it('readStartImage() never returns content of a truncated or damaged image, wherever the damage is', () => {
    const good = image();
    const damage = fc.record({
      at: fc.nat(good.length - 1),
      flip: fc.integer({ min: 1, max: 255 }),
      cut: fc.boolean(),
    });
    fc.assert(
      fc.property(damage, ({ at, flip, cut }) => {
        const bytes = Buffer.from(cut ? good.subarray(0, at) : good);
        if (!cut) bytes[at] = (bytes[at] ?? 0) ^ flip;
        const read = readStartImage(bytes, SCOPE);
        const ids = [...(read?.connectors ?? [])].map(({ connectorId }) => connectorId);
        expect(['', 'a', 'a,b']).toContain(ids.join());
        expect(ids).not.toHaveLength(2);
        for (const { map } of read?.maps ?? []) expect(new TextDecoder().decode(map.body)).toBe('the map');
      }),
    );
  });
});
