import { lexer, type Token, type Tokens } from 'marked';
import { type Markers, NO_MARKERS, readMarkers } from './markers.ts';

/** One code block of a page. */
export interface Block {
  readonly page: string;
  /** The line number of the opening fence. The first line is 1. */
  readonly line: number;
  /** The language that the opening fence names; empty if it names none. */
  readonly language: string;
  readonly code: string;
  readonly markers: Markers;
  /** The name of the file to which the block is written; null if the block is not a file. */
  readonly file: string | null;
}

const NAME = String.raw`[~\w.@/-]*\w\.\w+`;
const FIRST_LINE = new RegExp(`^(?://|#) (${NAME})$`);
const NAMED_BEFORE = new RegExp(String.raw`(?<!\`)\`((?:\.\w+|${NAME}))\`(?:[^\`.;:]*):$`);

/** Returns the code blocks of a Markdown page, in order. Throws if the page contains an unknown marker. */
export function readBlocks(page: string, text: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let cursor = 0;
  visitCode(lexer(text), ({ code, before, comments }) => {
    const language = (code.lang ?? '').split(/\s/)[0] ?? '';
    const isFenced = code.codeBlockStyle !== 'indented';
    const first = isFenced ? '```' : firstLine(code.text);
    const found = lines.findIndex((line, index) => index >= cursor && line.includes(first));
    const line = Math.max(found, cursor) + 1;
    cursor = line + code.text.split('\n').length + (isFenced ? 1 : 0);
    const markers = comments.length === 0 ? NO_MARKERS : readMarkers(`${page}:${line}`, comments);
    blocks.push({ page, line, language, code: code.text, markers, file: fileOf(code.text, before, markers) });
  });
  return blocks;
}

/**
 * Returns the name of the file that a block shows. The name may be in a marker, in the first line of the block, or at
 * the end of the paragraph before the block.
 */
function fileOf(code: string, before: string, { file }: Markers): string | null {
  return file ?? FIRST_LINE.exec(firstLine(code))?.[1] ?? NAMED_BEFORE.exec(before)?.[1] ?? null;
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

interface FoundCode {
  readonly code: Tokens.Code;
  /** The text of the paragraph before the block. */
  readonly before: string;
  /** The HTML comments directly before the block. */
  readonly comments: readonly string[];
}

function visitCode(tokens: readonly Token[], visit: (found: FoundCode) => void): void {
  let before = '';
  let comments: string[] = [];
  for (const token of tokens) {
    if (token.type === 'space') continue;
    if (token.type === 'html') {
      comments.push(...[...token.raw.matchAll(/<!--([\s\S]*?)-->/g)].map(([, comment = '']) => comment.trim()));
      continue;
    }
    if (token.type === 'code') visit({ code: token as Tokens.Code, before, comments });
    else if (token.type === 'list') for (const item of (token as Tokens.List).items) visitCode(item.tokens, visit);
    else if (token.type === 'blockquote') visitCode((token as Tokens.Blockquote).tokens, visit);
    before = token.type === 'paragraph' || token.type === 'text' ? token.raw.trim() : '';
    comments = [];
  }
}
