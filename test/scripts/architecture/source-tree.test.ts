import { describe, expect, it } from 'vitest';
import { parseSourceFile } from '../../../scripts/architecture/source-tree.ts';

const named = (text: string): readonly string[] =>
  parseSourceFile('src/main/a/one.ts', text).imports.map(({ kind, to }) => `${kind} ${to}`);

describe('import reader', () => {
  it.each([
    ['the import of a value', "import { x } from './two.ts'; x();", 'import src/main/a/two.ts'],
    ['the import of a type', "import type { X } from '../b/two.ts'; export type Y = X;", 'import src/main/b/two.ts'],
    ['the import of a module for its side effect', "import './two.ts';", 'import src/main/a/two.ts'],
    ['the re-export of a value', "export { x } from './two.ts';", 'import src/main/a/two.ts'],
    ['the re-export of a whole module', "export * from './two.ts';", 'import src/main/a/two.ts'],
    ['an import() in code', "export const x = () => import('./two.ts');", 'import src/main/a/two.ts'],
    ['an import() in a type', "export type X = typeof import('./two.ts');", 'import src/main/a/two.ts'],
    ['an import() of a type', "export type X = import('./two.ts').X;", 'import src/main/a/two.ts'],
    ['a URL relative to the file', "new URL('./two.ts', import.meta.url);", 'worker src/main/a/two.ts'],
    ['a worker', "workerUrl('workers/load/x.task');", 'worker src/workers/load/x.task.ts'],
    [
      'a file with the extension of the importing file',
      'new URL(`./b$' + '{ext}`, import.meta.url);',
      'worker src/main/a/b.ts',
    ],
  ])('the import reader finds %s', (_what, text, expected) => {
    expect(named(text)).toEqual([expected]);
  });

  it('the import reader ignores packages, strings and comments', () => {
    const text =
      "import { x } from 'undici';\nimport fs from 'node:fs';\n// import './no.ts'\nx(fs, \"import './no.ts'\");";
    expect(named(text)).toEqual([]);
  });

  it('the number of lines of a source file does not include an empty last line', () => {
    expect(parseSourceFile('src/a.ts', 'const a = 1;\nconst b = 2;\n').lines).toHaveLength(2);
  });

  it('the import reader rejects a file that does not parse', () => {
    expect(() => parseSourceFile('src/a.ts', 'const = 1;')).toThrow('src/a.ts does not parse');
  });
});
