import { PHRASES } from './phrases.ts';
import type { Text } from './text.ts';

/** Maximum number of words in a sentence of docs and docstrings. */
const MAX_WORDS = 35;
const MAX_COLUMNS = 120;

/** One finding of the word check. */
export interface WordFinding {
  readonly rule: 'long sentence' | 'phrase' | 'wide comment';
  readonly path: string;
  readonly line: number;
  readonly says: string;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

/** Splits prose into sentences. A code span counts as one word, and a full stop in it does not end a sentence. */
export function splitSentences(words: string): readonly string[] {
  const plain = words.replace(/`[^`]*`/g, '`code`').replace(/\b(e\.g|i\.e|etc|vs|cf)\./gi, '$1');
  return [...segmenter.segment(plain)].map(({ segment }) => segment.trim()).filter((one) => one !== '');
}

/** Counts the words of a sentence. Dashes and other signs between spaces do not count as words. */
export function countWords(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/**
 * Finds sentences that are too long, and phrases that are in the list. The length of test titles and line comments is
 * not checked.
 */
export function checkText({ path, line, kind, words }: Text): readonly WordFinding[] {
  const findings: WordFinding[] = [];
  for (const sentence of splitSentences(words)) {
    const count = countWords(sentence);
    if (count > MAX_WORDS && (kind === 'docstring' || kind === 'page')) {
      findings.push({ rule: 'long sentence', path, line, says: `${count} words: ${sentence.slice(0, 90)} …` });
    }
    for (const { pattern, instead } of PHRASES) {
      const [found] = pattern.exec(sentence) ?? [];
      if (found !== undefined) findings.push({ rule: 'phrase', path, line, says: `"${found}" (${instead})` });
    }
  }
  return findings;
}

/** Finds comment lines over 120 columns, which the formatter does not wrap. */
export function checkWidth(path: string, source: string): readonly WordFinding[] {
  return source
    .split('\n')
    .flatMap((content, index) =>
      content.length > MAX_COLUMNS && /^\s*(?:\/\/|\/?\*)/.test(content) && !content.includes('biome-ignore')
        ? [{ rule: 'wide comment' as const, path, line: index + 1, says: `${content.length} columns` }]
        : [],
    );
}
