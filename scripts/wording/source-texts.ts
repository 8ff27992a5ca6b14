import { parseSync } from 'oxc-parser';
import type { Text } from './text.ts';

const TEST_FUNCTIONS =
  /\b(?:it|test|describe)(?:\.\w+)*(?:\((?:[^()]|\([^()]*\))*\))?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g;
const TOOL_COMMENT = /^\s*(?:biome-ignore|@ts-|eslint|v8 ignore|c8 ignore|#region|#endregion)/;

/** Returns the comments and the test titles of a TypeScript file. Adjacent line comments form one text. */
export function readSourceTexts(path: string, source: string): readonly Text[] {
  const { comments } = parseSync(path, source);
  const lineOf = createLineOf(source);
  const texts: Text[] = [];
  let lastLine = -1;
  for (const { type, value, start, end } of comments) {
    if (TOOL_COMMENT.test(value)) continue;
    const line = lineOf(start);
    const previous = texts.at(-1);
    if (type === 'Line' && previous !== undefined && line === lastLine + 1) {
      texts[texts.length - 1] = { ...previous, words: `${previous.words} ${value.trim()}` };
    } else if (type === 'Line') {
      texts.push({ path, line, kind: 'comment', words: value.trim() });
    } else {
      texts.push(...readBlock(path, line, value));
    }
    lastLine = type === 'Line' ? lineOf(end) : -1;
  }
  return [...texts, ...readTitles(path, source, lineOf)];
}

/** Splits a block comment into texts at empty lines and at list items, as in Markdown. */
function readBlock(path: string, line: number, value: string): readonly Text[] {
  const kind = value.startsWith('*') ? 'docstring' : 'comment';
  const texts: Text[] = [];
  let words: string[] = [];
  let from = line;
  const finish = (): void => {
    if (words.length > 0) texts.push({ path, line: from, kind, words: words.join(' ') });
    words = [];
  };
  let isCode = false;
  for (const [index, raw] of value.split('\n').entries()) {
    const content = raw.replace(/^\s*\*+ ?/, '').trim();
    if (content.startsWith('```')) isCode = !isCode;
    if (content === '' || isCode || /^(?:[-*] |\d+\. |\||@\w|```)/.test(content)) finish();
    if (content === '' || isCode || content.startsWith('```')) continue;
    if (words.length === 0) from = line + index;
    words.push(content);
  }
  finish();
  return texts;
}

function readTitles(path: string, source: string, lineOf: (offset: number) => number): readonly Text[] {
  if (!path.endsWith('.test.ts')) return [];
  return [...source.matchAll(TEST_FUNCTIONS)].map((match) => ({
    path,
    line: lineOf(match.index),
    kind: 'title' as const,
    words: match[2] ?? '',
  }));
}

function createLineOf(source: string): (offset: number) => number {
  const starts = [0];
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
