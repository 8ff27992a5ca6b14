import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BoxPlace, openBox, seal, sealingKeyOf } from '../../../src/shared/protocol/login-box.ts';
import { SECRET_MARK, secret } from '../../helpers/evidence.ts';
import { tokensOf } from '../../helpers/logins.ts';

const key = sealingKeyOf(randomBytes(32));
const place: BoxPlace = { table: 'login', rowId: 'a', generation: 7 };

describe('encrypted login', () => {
  it('an encrypted login can be decrypted in the row that it was encrypted for, with the same key', () => {
    const box = seal(tokensOf('a'), place, key);
    expect(openBox(box, place, key)).toEqual({ value: tokensOf('a') });
    expect(Buffer.from(box).includes(SECRET_MARK)).toBe(false);
  });

  it('an encrypted login cannot be decrypted in another table, row or generation, or with another key', () => {
    const box = seal(secret('a'), place, key);
    for (const other of [{ table: 'client' }, { rowId: 'b' }, { generation: 8 }])
      expect(openBox(box, { ...place, ...other }, key)).toBeNull();
    expect(openBox(box, place, sealingKeyOf(randomBytes(32)))).toBeNull();
  });

  it('an encrypted login cannot be decrypted in a row whose table and id form the same text when joined', () => {
    const box = seal('x', { table: 'a', rowId: 'b","c', generation: 1 }, key);
    expect(openBox(box, { table: 'a","b', rowId: 'c', generation: 1 }, key)).toBeNull();
  });

  it('an encrypted login cannot be decrypted if a bit was flipped or the end is missing', () => {
    const box = seal(secret('a'), place, key);
    fc.assert(
      fc.property(fc.nat({ max: box.length * 8 - 1 }), (bit) => {
        const flipped = Buffer.from(box);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(openBox(flipped, place, key)).toBeNull();
      }),
    );
    for (let length = 0; length < box.length; length += 1)
      expect(openBox(box.subarray(0, length), place, key)).toBeNull();
  });

  it('the same login looks different each time that it is encrypted', () => {
    const boxes = new Set(Array.from({ length: 50 }, () => Buffer.from(seal('x', place, key)).toString('hex')));
    expect(boxes.size).toBe(50);
  });

  it('the id of a login key is a digest that does not reveal the key and differs between keys', () => {
    expect(key.keyId).toMatch(/^[0-9a-f]{32}$/);
    expect(Buffer.from(key.bytes).toString('hex')).not.toContain(key.keyId);
    expect(sealingKeyOf(randomBytes(32)).keyId).not.toBe(key.keyId);
    expect(sealingKeyOf(key.bytes).keyId).toBe(key.keyId);
  });
});
