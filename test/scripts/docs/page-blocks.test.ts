import { describe, expect, it } from 'vitest';
import { readBlocks } from '../../../scripts/docs/pages/page-blocks.ts';

const page = (...lines: readonly string[]): string => lines.join('\n');
const fence = (language: string, ...code: readonly string[]): string => page(`\`\`\`${language}`, ...code, '```');

describe('readBlocks', () => {
  it('readBlocks() finds code blocks with their language and the line of their fence', () => {
    const blocks = readBlocks(
      'a.md',
      page('# A', '', fence('sh', 'one', 'two'), '', fence('json', '{}'), '', fence('')),
    );
    expect(blocks.map(({ line, language, code }) => [line, language, code])).toEqual([
      [3, 'sh', 'one\ntwo'],
      [8, 'json', '{}'],
      [12, '', ''],
    ]);
  });

  it('readBlocks() finds code blocks in lists and indented code blocks', () => {
    const blocks = readBlocks('a.md', page('- item', '', '  ```sh', '  one', '  ```', '', 'text', '', '    two'));
    expect(blocks.map(({ line, code }) => [line, code])).toEqual([
      [3, 'one'],
      [9, 'two'],
    ]);
  });

  it('readBlocks() reads the markers in the comments directly before a code block', () => {
    const comments = page('<!-- setup: manager -->', '<!-- compile-only -->');
    const [first, second] = readBlocks('a.md', page(comments, fence('ts', 'a'), '', fence('ts', 'b')));
    expect(first?.markers).toMatchObject({ setup: 'manager', isCompileOnly: true, noRun: null });
    expect(second?.markers).toMatchObject({ setup: null, isCompileOnly: false });
  });

  it('readBlocks() returns the reason why a code block is not run', () => {
    const [block] = readBlocks('a.md', page('<!-- no-run: needs a person -->', fence('sh', 'a')));
    expect(block?.markers.noRun).toBe('needs a person');
  });

  it.each(['no-rum: a person', 'no-run', 'compile-only: yes', 'A remark'])(
    'readBlocks() rejects the comment "%s", because it is not a valid marker',
    (comment) => {
      expect(() => readBlocks('a.md', page(`<!-- ${comment} -->`, fence('sh', 'a')))).toThrow(
        /a\.md:2 has the comment/,
      );
    },
  );

  it.each([
    ['a first line with a name', fence('js', '// build.mjs', 'x'), 'build.mjs'],
    ['a first line with a folder', fence('yaml', '# .github/a.yaml', 'x: 1'), '.github/a.yaml'],
    ['a paragraph that ends with the name', page('In `map.json`:', '', fence('json', '{}')), 'map.json'],
    ['a paragraph about a file', page('Put this in `.mcp.json` beside it:', '', fence('json', '{}')), '.mcp.json'],
    ['a marker', page('<!-- file: a.ts -->', fence('ts', 'x')), 'a.ts'],
    ['a sentence that goes on', page('`map.json` is one: it has servers.', '', fence('json', '{}')), null],
    ['a remark in the first line', fence('ts', '// what it does', 'x'), null],
    ['a command before the colon', page('Run `npm test`:', '', fence('sh', 'x')), null],
  ])('readBlocks() takes the file name of a code block from %s', (_, text, file) => {
    expect(readBlocks('a.md', text)[0]?.file).toBe(file);
  });
});
