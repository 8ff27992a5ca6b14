import { describe, expect, it } from 'vitest';
import { readCallWords } from '../../../../src/main/cli/calling/call-words.ts';

const text = (key: string, value: string) => ({ key, as: 'text', value });

describe('readCallWords', () => {
  it.each<[readonly string[], readonly object[]]>([
    [
      ['a=1', 'b='],
      [text('a', '1'), text('b', '')],
    ],
    [['url=https://x.example/?a=b:c'], [text('url', 'https://x.example/?a=b:c')]],
    [['a:=[1]'], [{ key: 'a', as: 'json', value: '[1]' }]],
    [
      ['a=@notes.txt', 'b:=@b.json'],
      [
        { key: 'a', as: 'file', value: 'notes.txt' },
        { key: 'b', as: 'json-file', value: 'b.json' },
      ],
    ],
    [['a=@@name'], [text('a', '@name')]],
    [['a=@-'], [{ key: 'a', as: 'file', value: '-' }]],
    [['a=@'], [text('a', '@')]],
    [['issueId:ENG-123'], [text('issueId', 'ENG-123')]],
    [['title:', 'Two words'], [text('title', 'Two words')]],
    [
      ['title:', 'x=1'],
      [text('title', ''), text('x', '1')],
    ],
    [['a.b[0].c=1'], [text('a.b[0].c', '1')]],
    [['{"a":1}', 'b=2'], [text('b', '2')]],
  ])('readCallWords() parses the words %j into arguments', (words, expected) => {
    expect(readCallWords(words).assignments).toEqual(expected);
  });

  it('readCallWords() returns in `documents` the JSON objects and the dash, which stands for standard input', () => {
    expect(readCallWords(['{"a":1}', '-']).documents).toEqual(['{"a":1}', '-']);
  });

  it('readCallWords() reads `query:a=b` as a value for `query` only if the tool has a parameter `query`', () => {
    const isKnown = (key: string): boolean => key === 'a:b' || key === 'query';
    expect(readCallWords(['a:b=c'], isKnown).assignments).toEqual([text('a:b', 'c')]);
    expect(readCallWords(['query:a=b'], isKnown).assignments).toEqual([text('query', 'a=b')]);
    expect(readCallWords(['other:a=b'], isKnown).assignments).toEqual([text('other:a', 'b')]);
  });

  it.each(['[1]', 'word', '=x', 'https://x.example/', ''])(
    'readCallWords() rejects the word %j, because it is not an argument',
    (word) => {
      expect(() => readCallWords([word], () => false)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    },
  );
});
