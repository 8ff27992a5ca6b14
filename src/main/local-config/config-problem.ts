import type { Node } from 'jsonc-parser';
import type { ConfigDocument, Position } from './config-document.ts';

/** Something about a file that somebody should correct. Names places and variables, never what they hold. */
export interface ConfigProblem extends Position {
  /** A server with an error is left out; one with warnings works. */
  readonly severity: 'error' | 'warning';
  /** `mcpServers["x"].args[2]`. */
  readonly place: string;
  readonly message: string;
}

const MAX_NAME_LENGTH = 128;

/** The problems of one file, in the order they were found. */
export class ConfigProblems {
  readonly list: ConfigProblem[] = [];
  readonly #document: ConfigDocument;
  #errors = 0;

  constructor(document: ConfigDocument) {
    this.#document = document;
  }

  get errors(): number {
    return this.#errors;
  }

  /** `why` goes on from the place: `needs …`, `must be …`. */
  error(place: string, node: Node, why: string): void {
    this.#errors += 1;
    this.#add('error', place, node, `${place} ${why}. The server is left out.`);
  }

  warning(place: string, node: Node, why: string): void {
    this.#add('warning', place, node, `${place} ${why}.`);
  }

  positionOf(node: Node): Position {
    return this.#document.positionOf(node.offset);
  }

  #add(severity: ConfigProblem['severity'], place: string, node: Node, message: string): void {
    this.list.push({ severity, place, ...this.positionOf(node), message });
  }
}

/** The place of member `name` of what is at `base`. */
export function memberPlace(base: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? `${base}.${name}` : keyPlace(base, name);
}

/** The place of key `name` of the object at `base`, whose keys are chosen by people. */
export function keyPlace(base: string, name: string): string {
  const shown = name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH)}…`;
  return `${base}[${JSON.stringify(shown.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd'))}]`;
}
