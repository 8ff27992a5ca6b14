import { expect, it } from 'vitest';
import { DeclarationFiles } from '../../../scripts/api-reference/declaration-files.ts';
import { referenceOf } from '../../../scripts/api-reference/reference.ts';
import { renderReference } from '../../../scripts/api-reference/render-reference.ts';

const FILES = new DeclarationFiles([
  [
    'main/index.d.ts',
    `import { t as Shared } from "./types/shared.js";
import { Registry } from "prom-client";
/** Hidden from users. */
interface Hidden { readonly deeper: Deeper }
type Deeper = 'deep';
/**
 * Counts things, as {@link Shared} says and {@link missing} does not.
 */
export declare class Counter<T> implements Shared {
  #private;
  /** Returns the count; see {@link Shared}. */
  count(hidden: Hidden): T;
}
export declare function registry(): Registry;
export declare const LIMIT = 3;
export { type Shared, type Shared as Other };`,
  ],
  ['main/types/shared.d.ts', 'interface Shared { readonly text: string }\nexport { Shared as t };'],
  ['main/second.d.ts', 'import { t as Shared } from "./types/shared.js";\nexport { type Shared };'],
]);

const SECTIONS = referenceOf(FILES, [
  { specifier: 'counting', path: 'main/index.d.ts', about: 'Counting.' },
  { specifier: 'counting/second', path: 'main/second.d.ts', about: 'Again.' },
]);

const PAGE = renderReference(SECTIONS, FILES);

it('the API reference lists the exported names of an entry point in alphabetical order, ignoring case', () => {
  expect(SECTIONS[0]?.exported.map(({ name }) => name)).toEqual(['Counter', 'LIMIT', 'Other', 'registry', 'Shared']);
});

it('the API reference omits `export`, `declare` and private members from a declaration', () => {
  expect(PAGE).toContain(`\`\`\`typescript
class Counter<T> implements Shared {
  /** Returns the count; see Shared. */
  count(hidden: Hidden): T;
}
\`\`\``);
  expect(PAGE).toContain('```typescript\nconst LIMIT = 3;\n```');
});

it('the API reference shows a docstring as prose, with links to the types that the declaration mentions', () => {
  expect(PAGE).toContain('Counts things, as [`Shared`](#shared) says and `missing` does not.');
});

it('the API reference also shows an unexported type that an export mentions directly or through another type', () => {
  expect(SECTIONS[0]?.mentioned.map(({ name }) => name)).toEqual(['Deeper', 'Hidden']);
  expect(PAGE).toContain('Mentions [`Shared`](#shared), [`Hidden`](#hidden).');
});

it('the API reference begins with a table of the names, each with the first sentence of its docstring', () => {
  const row = '| [`Counter`](#counter) | Counts things, as [`Shared`](#shared) says and `missing` does not. |';
  expect(PAGE).toContain(`| Classes | |\n| --- | --- |\n${row}\n`);
});

it('the API reference names the package of a type that comes from another package', () => {
  expect(PAGE).toContain('Mentions `Registry` of `prom-client`.');
});

it('the API reference shows a declaration with several names once, and links its other names to it', () => {
  expect(PAGE.match(/interface Shared/g)).toHaveLength(1);
  expect(PAGE).toContain('### Other\n\nAnother name of [`Shared`](#shared) of `counting`.');
  expect(PAGE).toContain('### Shared\n\nAnother name of [`Shared`](#shared) of `counting`.');
});

it('the API reference generator throws for an export that no file declares', () => {
  const files = new DeclarationFiles([['main/index.d.ts', 'export { nothing };']]);
  expect(() => files.exportsOf('main/index.d.ts')).toThrow(/^main\/index\.d\.ts exports nothing, but /);
});
