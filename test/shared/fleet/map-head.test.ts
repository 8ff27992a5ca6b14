import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import { type MapHead, readMapHead, writeMapHead } from '../../../src/shared/fleet/map-head.ts';

const SECRET = 'a secret of at least thirty-two characters';
const NEXT_SECRET = 'the secret that will replace the other one';
const sealer = new FleetSealer('fleet', [SECRET]);
const head: MapHead = {
  ...{ sha256: 'ab'.repeat(32), generatedAtMs: 1_000, expiresAtMs: 2_000, etag: '"x"' },
  ...{ confirms: 3, by: 'host-1', fence: 7 },
};
const text = writeMapHead(head, 'map', sealer);

describe('readMapHead', () => {
  it('readMapHead() reads what writeMapHead() wrote, except for an ETag that is too long', () => {
    expect(readMapHead(text, 'map', sealer)).toEqual(head);
    const long = writeMapHead({ ...head, etag: 'x'.repeat(300) }, 'map', sealer);
    expect(readMapHead(long, 'map', sealer)).toEqual({ ...head, etag: null });
  });

  it('readMapHead() accepts a head that was written with the old secret while the secret is replaced', () => {
    expect(readMapHead(text, 'map', new FleetSealer('fleet', [NEXT_SECRET, SECRET]))).toEqual(head);
  });

  it('readMapHead() rejects a head that is of another map or fleet, or was written with another secret', () => {
    expect(readMapHead(text, 'another', sealer)).toBeNull();
    expect(readMapHead(text, 'map', new FleetSealer('another', [SECRET]))).toBeNull();
    expect(readMapHead(text, 'map', new FleetSealer('fleet', [NEXT_SECRET]))).toBeNull();
  });

  it.each([
    ['a head with another generation', text.replace('1000', '1001')],
    ['a head without an authentication code', JSON.stringify(head)],
    ['a string that is too long', text.replace('{', `{${' '.repeat(3_000)}`)],
    ['deeply nested JSON', '['.repeat(1_500)],
    ['a list', '[]'],
    ['null', 'null'],
    ['an empty string', ''],
  ])('readMapHead() rejects %s', (_name, given) => {
    expect(readMapHead(given, 'map', sealer)).toBeNull();
  });

  it.each([
    { sha256: 'AB'.repeat(32) },
    { generatedAtMs: -1 },
    { generatedAtMs: 1.5 },
    { expiresAtMs: 8.65e15 },
    { confirms: 2 ** 53 },
    { fence: 0 },
    { by: 'a host\nof two lines' },
  ])('readMapHead() rejects the absurd values %j, even if they are authenticated with the right secret', (changes) => {
    expect(readMapHead(writeMapHead({ ...head, ...changes }, 'map', sealer), 'map', sealer)).toBeNull();
  });

  it('readMapHead() never throws, and never reads another head from a string with a changed character', () => {
    const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
    const changed = fc.tuple(fc.nat(text.length - 1), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(anyText, (given): void => {
        expect(readMapHead(given, 'map', sealer)).toBeNull();
      }),
    );
    fc.assert(
      fc.property(changed, ([at, unit]): void => {
        const read = readMapHead(text.slice(0, at) + unit + text.slice(at + 1), 'map', sealer);
        // The last character of the authentication code has unused bits, so a change of it may have no effect.
        if (read !== null) expect(read).toEqual(head);
      }),
    );
  });
});
