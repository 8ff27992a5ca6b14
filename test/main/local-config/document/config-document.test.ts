import { describe, expect, it } from 'vitest';
import { ConfigDocument } from '../../../../src/main/local-config/document/config-document.ts';
import { memberOf, plainValue } from '../../../../src/main/local-config/document/config-node.ts';

const SECRET = 'a-secret-word';

/** Returns the position of the value at this path, as `line:column`. */
function placeOf(text: string, source: string, ...path: readonly string[]): string {
  const document = new ConfigDocument(text, source);
  let node = document.root;
  for (const name of path) {
    const next = /^\d+$/.test(name) ? node.children?.[Number(name)] : memberOf(node, name);
    if (next === undefined) return `no ${name}`;
    node = next;
  }
  const { line, column } = document.positionOf(node.offset);
  return `${line}:${column}`;
}

describe('ConfigDocument', () => {
  it.each([
    ['a.json', '{ "a": 1, } // comments'],
    ['a.toml', 'a = 1 # comments'],
    ['a.yaml', 'a: 1 # comments'],
    ['a.yml', '{ "a": 1 }'],
    ['a', '/* JSON */ { "a": 1 }'],
    ['a', 'a = 1'],
    ['a', 'a: 1'],
    ['stdin', '\ufeffa: 1\r\n'],
  ])('the format of the config file %s with the text %j is detected from its name or its content', (source, text) => {
    expect(plainValue(new ConfigDocument(text, source).root)).toEqual({ a: 1 });
  });

  it.each([
    [
      'a.json',
      '[a]\nb = 1',
      'a.json:1:2: it is not JSON (invalid symbol); this is TOML: give the file a name that ends in .toml.',
    ],
    ['a.json', 'a:\n  b: 1', 'this is YAML: give the file a name that ends in .yaml.'],
    ['a.toml', '{ "a": 1 }', 'a.toml:1:1: it is not TOML; this is JSON: give the file a name that ends in .json.'],
    ['a.yaml', '[a]\nb = "c"', 'this is TOML'],
    ['a.json', `{ "a": ${SECRET} }`, 'a.json:1:8: it is not JSON (invalid symbol).'],
    ['a.toml', `a = 1\nb = ${SECRET}`, 'a.toml:2:'],
    ['a.yaml', `a: "b\n  ${SECRET}`, 'it is not YAML (missing char).'],
    ['a.yaml', 'a: *nobody', 'it is not YAML (bad alias).'],
    ['a.yaml', 'a: 1\n---\nb: 1', 'it is not YAML (multiple docs).'],
    ['a.yaml', '', 'it is empty'],
    ['a.toml', 'a = 1\na = 2', 'a.toml:2:1: it is not TOML'],
  ])(
    'the error for the config file %s with the text %j says what is wrong, but does not quote the text',
    (source, text, why) => {
      const attempt = (): unknown => new ConfigDocument(text, source);
      expect(attempt).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(attempt).toThrow(why);
      expect(attempt).not.toThrow(SECRET);
    },
  );

  it.each([
    ['a.json', `${'['.repeat(100_000)}`],
    ['a.yaml', `a: ${'['.repeat(100_000)}`],
    ['a.yaml', `a: ${'{b: '.repeat(100_000)}`],
    ['a.yaml', Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['a.toml', `a = ${'['.repeat(100_000)}`],
    ['a.toml', `a = ${'{b='.repeat(100_000)}`],
  ])('the config file %s is rejected with CONFIG_INVALID if it nests too deeply (case %#)', (source, text) => {
    expect(() => new ConfigDocument(text, source)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('a YAML config file is rejected if its aliases expand to millions of values', () => {
    const lines = Array.from({ length: 9 }, (_, at) => {
      const items = Array.from({ length: 9 }, () => (at === 0 ? 'x' : `*a${at - 1}`));
      return `a${at}: &a${at} [${items.join(', ')}]`;
    });
    expect(() => new ConfigDocument(lines.join('\n'), 'a.yaml')).toThrow('it has more than 200000 values');
  });

  it.each([
    ['1:15', '{ "a": { "b": "c" } }', 'a.json', ['a', 'b']],
    ['3:6', '# one\r\na:\r\n  b: "\\u00e9"\r\n', 'a.yaml', ['a', 'b']],
    ['3:5', 'a:\n  - b\n  - c: d', 'a.yaml', ['a', '1']],
    ['2:5', '[a]\nb = "c"', 'a.toml', ['a', 'b']],
    ['2:12', '[a."x.y"]\nb = [ "1", "2" ]', 'a.toml', ['a', 'x.y', 'b', '1']],
    ['5:5', '[[a]]\nb = 1\n[[a]]\n# [[a]]\nb = 2', 'a.toml', ['a', '1', 'b']],
    ['6:7', '[[a]]\n[a.t]\nc = 1\n[[a]]\n[a.t]\n  c = 2', 'a.toml', ['a', '1', 't', 'c']],
    ['4:5', "a = '''\nb = 1\n'''\nb = 2", 'a.toml', ['b']],
    ['2:5', 'a = """x\\""""\nb = 2', 'a.toml', ['b']],
    ['1:13', 'a = { b.c = 1, d = 2 }', 'a.toml', ['a', 'b', 'c']],
    ['1:20', 'a = { b.c = 1, d = 2 }', 'a.toml', ['a', 'd']],
    ['1:11', 'a . "b" = 1979-05-27 07:32:00 # x', 'a.toml', ['a', 'b']],
    ['3:3', 'a = [\n  # one\n  1,\n]', 'a.toml', ['a', '0']],
  ])('ConfigDocument returns the position %s of a value in %j', (place, text, source, path) => {
    expect(placeOf(text, source, ...path)).toBe(place);
  });

  it('ConfigDocument expands aliases and merge keys of YAML, and prefers own members to merged ones', () => {
    const { root } = new ConfigDocument('x: &x { a: 1, b: 2 }\ny:\n  <<: *x\n  b: 3\nz: [*x]', 'a.yaml');
    expect(plainValue(root)).toEqual({ x: { a: 1, b: 2 }, y: { a: 1, b: 3 }, z: [{ a: 1, b: 2 }] });
  });
});

describe('hostile config file', () => {
  const open = (text: string, name: string) => () => new ConfigDocument(text, name);

  it('a TOML config file is rejected if its dotted keys nest too deeply', () => {
    const key = (parts: number): string => Array.from({ length: parts }, () => 'a').join('.');
    expect(open(`${key(64)} = 1`, 'a.toml')).not.toThrow();
    for (const text of [`${key(70)} = 1`, `[${key(200_000)}]`, `a = { ${key(200_000)} = 1 }`])
      expect(open(text, 'a.toml')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('a YAML config file may have as many aliases as values, and each alias refers to the nearest previous anchor', () => {
    const text = `a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: [${'*x,'.repeat(10_000)}]\n`;
    const values = plainValue(new ConfigDocument(text, 'a.yaml').root) as Record<string, unknown>;
    expect([values.b, values.d, (values.e as unknown[]).length]).toEqual([1, 2, 10_000]);
    expect(open('a: *b', 'a.yaml')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('a YAML config file is rejected if an alias refers to the value that contains the alias', () => {
    expect(open('a: &a [*a]', 'a.yaml')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
