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

  it('readBlocks() reads markers such as `compile-only` in the comments directly before a code block', () => {
    const comments = page('<!-- setup: manager -->', '<!-- compile-only -->');
    const [first, second] = readBlocks('a.md', page(comments, fence('ts', 'a'), '', fence('ts', 'b')));
    expect(first?.markers).toMatchObject({ setup: 'manager', isCompileOnly: true, noRun: null });
    expect(second?.markers).toMatchObject({ setup: null, isCompileOnly: false });
  });

  it('readBlocks() returns the reason in the marker `no-run`', () => {
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
    ['takes the file name of a code block from its first line', fence('js', '// build.mjs', 'x'), 'build.mjs'],
    [
      'takes a file name with a folder from the first line of a code block',
      fence('yaml', '# .github/a.yaml', 'x: 1'),
      '.github/a.yaml',
    ],
    [
      'takes the file name of a code block from a paragraph before it that ends with the name',
      page('In `map.json`:', '', fence('json', '{}')),
      'map.json',
    ],
    [
      'takes the file name of a code block from a paragraph before it about the file',
      page('Put this in `.mcp.json` beside it:', '', fence('json', '{}')),
      '.mcp.json',
    ],
    ['takes the file name of a code block from a marker', page('<!-- file: a.ts -->', fence('ts', 'x')), 'a.ts'],
    [
      'takes no file name from a sentence that continues after the name',
      page('`map.json` is one: it has servers.', '', fence('json', '{}')),
      null,
    ],
    ['takes no file name from a comment in the first line of a code block', fence('ts', '// what it does', 'x'), null],
    [
      'takes no file name from a command in the paragraph before a code block',
      page('Run `npm test`:', '', fence('sh', 'x')),
      null,
    ],
  ])('readBlocks() %s', (_, text, file) => {
    expect(readBlocks('a.md', text)[0]?.file).toBe(file);
  });
});
