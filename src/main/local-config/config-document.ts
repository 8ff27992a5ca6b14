import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { SwitchyardError } from '../../shared/errors.ts';

/** Nesting levels a file may have; the parser recurses. */
const MAX_DEPTH = 64;

/** jsonc-parser's SyntaxKind, a const enum that cannot be imported under isolatedModules. */
const OPENING: readonly number[] = [1, 3];
const CLOSING: readonly number[] = [2, 4];
const END_OF_FILE = 17;

/** Where something stands in a file, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One member of an object as it is written. */
export interface Member {
  readonly name: string;
  readonly key: Node;
  readonly value: Node;
  /** Whether the object has a member of this name already. */
  readonly isRepeated: boolean;
}

/** A JSON file with comments and trailing commas, as VS Code writes them, that knows where everything stands. */
export class ConfigDocument {
  readonly root: Node;
  readonly #source: string;
  readonly #lineStarts: readonly number[];

  /** Throws CONFIG_INVALID, with line and column, where `text` is no such JSON or nests deeper than 64 levels. */
  constructor(text: string, source: string) {
    this.#source = source;
    this.#lineStarts = lineStartsOf(text);
    const tooDeep = offsetOfDepth(text, MAX_DEPTH + 1);
    if (tooDeep !== null) throw this.invalid(tooDeep, `it nests deeper than ${MAX_DEPTH} levels`);
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, { allowTrailingComma: true });
    const [error] = errors;
    if (error !== undefined) throw this.invalid(error.offset, `it is not JSON (${wordsOf(error.error)})`);
    if (root === undefined) throw this.invalid(0, 'it is empty');
    this.root = root;
  }

  positionOf(offset: number): Position {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  invalid(offset: number, why: string): SwitchyardError {
    const { line, column } = this.positionOf(offset);
    return new SwitchyardError('CONFIG_INVALID', `${this.#source}:${line}:${column}: ${why}.`, {
      detail: { source: this.#source, line, column },
    });
  }
}

/** The members of an object in the order they are written, repeated ones too. */
export function membersOf(object: Node): Member[] {
  const seen = new Set<string>();
  return (object.children ?? []).flatMap(({ children: [key, value] = [] }) => {
    if (key === undefined || value === undefined) return [];
    const name = String(key.value);
    const isRepeated = seen.has(name);
    seen.add(name);
    return [{ name, key, value, isRepeated }];
  });
}

/** What `node` says, as plain data. `__proto__` becomes a member like any other. */
export function plainValue(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(plainValue);
  if (node.type === 'object')
    return Object.fromEntries(membersOf(node).map(({ name, value }) => [name, plainValue(value)]));
  return node.value;
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
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

/** `CommaExpected` as people say it. */
function wordsOf(error: number): string {
  return printParseErrorCode(error)
    .replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .toLowerCase();
}
