import fc from 'fast-check';
import { parse, stringify, type TomlTable } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { tomlPlaces } from '../../../../src/main/local-config/document/toml-places.ts';

type Path = readonly (string | number)[];

/** Yields every member of a value, with its path. */
function membersIn(value: unknown, path: Path = []): (readonly [Path, unknown])[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => membersIn(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = [...path, name];
    return [[at, member] as const, ...membersIn(member, at)];
  });
}

describe('tomlPlaces', () => {
  it('tomlPlaces() finds the position of every key and every plain value in any TOML document', () => {
    const name = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/), fc.string({ minLength: 1, maxLength: 6 }));
    const { value } = fc.letrec((tie) => ({
      plain: fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constantFrom("'''", '"""', '# [a]\nb = 1', '\\', "'"),
      ),
      table: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
      value: fc.oneof(
        { depthSize: 'small' },
        tie('plain'),
        fc.array(tie('plain'), { maxLength: 3 }),
        fc.array(tie('table'), { maxLength: 3 }),
        tie('table'),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), (document) => {
        const text = stringify(document);
        const places = tomlPlaces(text);
        for (const [path, member] of membersIn(parse(text) as TomlTable)) {
          const key = places.keyAt(path);
          expect(key, `the key ${JSON.stringify(path)} of ${text}`).toBeDefined();
          expect(nameAt(text, key ?? 0)).toBe(path.at(-1));
          if (typeof member === 'object') continue;
          expect(valueAt(text, places.valueAt(path) ?? 0)).toBe(member);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** Reads the key that starts at `offset`. */
function nameAt(text: string, offset: number): string {
  const written = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)/.exec(text.slice(offset))?.[0] ?? '';
  return Object.keys(parse(`${written} = 1`))[0] ?? '';
}

/**
 * Reads the plain value that starts at `offset`. The value ends with its line, or with the array that contains the
 * value.
 */
function valueAt(text: string, offset: number): unknown {
  const [line = ''] = text.slice(offset).split('\n');
  for (let end = line.length; end > 0; end -= 1) {
    try {
      return parse(`v = ${line.slice(0, end)}`).v;
    } catch {
      // This text is too long to be a single value, so a shorter one is tried.
    }
  }
  return undefined;
}
