import { createScanner, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { ConfigNode } from './config-node.ts';
import { MAX_DEPTH, SyntaxFault, tooDeep } from './syntax-fault.ts';

/**
 * Values of the SyntaxKind of jsonc-parser. SyntaxKind is a const enum, which cannot be imported under isolatedModules.
 */
const OPENING: readonly number[] = [1, 3];
const CLOSING: readonly number[] = [2, 4];
const END_OF_FILE = 17;

/** Parses JSON with comments and trailing commas, as VS Code writes it. Throws a SyntaxFault. */
export function parseJson(text: string): ConfigNode {
  const deep = offsetOfDepth(text, MAX_DEPTH + 1);
  if (deep !== null) throw tooDeep(deep);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [error] = errors;
  if (error !== undefined) throw new SyntaxFault(error.offset, `it is not JSON (${wordsOf(error.error)})`);
  if (root === undefined) throw new SyntaxFault(0, 'it is empty');
  return root;
}

function offsetOfDepth(text: string, limit: number): number | null {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (let token: number = scanner.scan(); token !== END_OF_FILE; token = scanner.scan()) {
    if (OPENING.includes(token)) depth += 1;
    else if (CLOSING.includes(token)) depth -= 1;
    if (depth >= limit) return scanner.getTokenOffset();
  }
  return null;
}

/** Turns an error code such as `CommaExpected` into readable words. */
function wordsOf(error: number): string {
  return printParseErrorCode(error)
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .toLowerCase();
}
