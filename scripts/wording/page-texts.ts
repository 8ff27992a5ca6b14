import { lexer, type Token, type Tokens } from 'marked';
import type { Text } from './text.ts';

/** Returns the paragraphs, headings, list items and table cells of a Markdown page, without its code blocks. */
export function readPageTexts(path: string, page: string): readonly Text[] {
  const texts: Text[] = [];
  readTokens(lexer(page), page, 0, ({ raw, at }) => {
    texts.push({ path, line: page.slice(0, at).split('\n').length, kind: 'page', words: plainWords(raw) });
  });
  return texts.filter(({ words }) => words !== '');
}

interface Passage {
  readonly raw: string;
  /** Offset at which the passage begins on the page. */
  readonly at: number;
}

/**
 * Calls `visit` for each passage of prose. The parser gives tokens no positions, so each token is searched for after
 * the previous one.
 */
function readTokens(tokens: readonly Token[], page: string, from: number, visit: (one: Passage) => void): void {
  let cursor = from;
  for (const token of tokens) {
    const found = page.indexOf(token.raw, cursor);
    const at = found < 0 ? cursor : found;
    readToken(token, page, at, visit);
    cursor = found < 0 ? cursor : found + token.raw.length;
  }
}

function readToken(token: Token, page: string, at: number, visit: (one: Passage) => void): void {
  switch (token.type) {
    case 'paragraph':
    case 'heading':
    case 'text':
      visit({ raw: (token as Tokens.Paragraph).text, at });
      return;
    case 'list':
      readTokens((token as Tokens.List).items, page, at, visit);
      return;
    case 'list_item':
    case 'blockquote':
      readTokens((token as Tokens.ListItem).tokens, page, at, visit);
      return;
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      for (const cell of [...header, ...rows.flat()]) {
        visit({ raw: cell.text, at: Math.max(at, page.indexOf(cell.text, at)) });
      }
      return;
    }
    default:
  }
}

/** Replaces links and pictures with their texts, and joins the lines of a passage. */
function plainWords(raw: string): string {
  return raw
    .replace(/!?\[((?:[^[\]]|\[[^\]]*\])*)\]\([^)]*\)/g, '$1')
    .replace(/<\/?[a-z][^>]*>/gi, '')
    .replace(/\*\*|__/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
