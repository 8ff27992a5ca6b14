import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import createWabt from 'wabt';
import { scanStructure } from '../../../src/shared/json/json-lexer.ts';
import { FOREIGN_LIMITS, type JsonLimits } from '../../../src/shared/json/json-limits.ts';
import { JsonScanner } from '../../../src/shared/json/json-scanner.ts';
import { STRUCTURE_SCAN } from '../../../src/shared/json/structure-scan.ts';

const withDepth = (maxDepth: number): JsonLimits => ({ ...FOREIGN_LIMITS, maxDepth });

function faultOf(pieces: readonly Uint8Array[], limits: JsonLimits): string | null {
  const scanner = new JsonScanner(limits);
  for (const piece of pieces) scanner.write(piece);
  return scanner.end()?.message ?? null;
}

/** Splits bytes into chunks whose sizes repeat in the given order. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 5 });

describe('JsonScanner', () => {
  it('JsonScanner finds the same depth as a bytewise scan, for any division into chunks', () => {
    const text = fc.json({ maxDepth: 12, stringUnit: 'binary' });
    fc.assert(
      fc.property(text, sizes, fc.integer({ min: 0, max: 12 }), (json, cuts, maxDepth) => {
        const bytes = Buffer.from(json);
        const isTooDeep = scanStructure(bytes, maxDepth).tooDeepAt >= 0;
        expect(faultOf(cut(bytes, cuts), withDepth(maxDepth)) !== null).toBe(isTooDeep);
      }),
      { numRuns: 300 },
    );
  });

  it('JsonScanner finds the same depth as a bytewise scan in strings full of quotes, backslashes and brackets', () => {
    const nasty = fc.string({ unit: fc.constantFrom('"', '\\', '[', '{', ']', '}', ',', 'a', 'ś'), maxLength: 300 });
    fc.assert(
      fc.property(fc.array(nasty, { maxLength: 8 }), sizes, (strings, cuts) => {
        const json = JSON.stringify({ a: strings, [`k${strings[0]}`]: [strings] });
        expect(faultOf(cut(Buffer.from(json), cuts), withDepth(3))).toBeNull();
        expect(faultOf(cut(Buffer.from(json), cuts), withDepth(2))).not.toBeNull();
        const scanner = new JsonScanner();
        scanner.writeText(json);
        expect(scanner.end()).toBeNull();
        expect(scanner.commas).toBe(2 * Math.max(0, strings.length - 1) + 1);
      }),
      { numRuns: 300 },
    );
  });

  it('JsonScanner allows 128 levels and rejects 129, at any position', () => {
    for (const before of [0, 1, 37, 63, 64, 65, 65_535, 65_536, 200_000]) {
      const nested = (depth: number): Buffer =>
        Buffer.from(`${' '.repeat(before)}${'{"a":['.repeat(depth / 2)}${depth % 2 === 1 ? '[' : ''}`);
      expect(faultOf([nested(128)], FOREIGN_LIMITS)).toBeNull();
      expect(faultOf([nested(129)], FOREIGN_LIMITS)).toBe('nests deeper than 128 levels');
    }
  });

  it('JsonScanner counts objects, arrays and values', () => {
    const of = (limits: Partial<JsonLimits>) =>
      faultOf([Buffer.from('[{},[],{"a":1},","]')], { ...FOREIGN_LIMITS, ...limits });
    expect(of({ maxContainers: 4, maxValues: 3 })).toBeNull();
    expect(of({ maxContainers: 3 })).toBe('holds more than 3 objects and arrays');
    expect(of({ maxValues: 2 })).toBe('holds more than 2 values');
  });

  it('JsonScanner reports only the first error', () => {
    const scanner = new JsonScanner(withDepth(1));
    expect(scanner.writeText(`[[${' '.repeat(64)}`)?.message).toBe('nests deeper than 1 levels');
    expect(scanner.writeText(']]')?.message).toBe('nests deeper than 1 levels');
  });

  it('JsonScanner runs the WebAssembly that is compiled from structure-scan.wat', async () => {
    const path = 'src/shared/json/structure-scan.wat';
    const wabt = await createWabt();
    const module = wabt.parseWat(path, readFileSync(path, 'utf8'), { simd: true });
    expect(Buffer.from(module.toBinary({}).buffer).toString('base64')).toBe(STRUCTURE_SCAN);
  });
});
