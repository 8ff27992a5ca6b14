import type { ConfigDocument, Position } from './document/config-document.ts';

/** Something about a file that somebody should correct. Names places and variables, never what they hold. */
export interface ConfigProblem extends Position {
  /** A server with an error is left out; one with warnings works as far as they say. */
  readonly severity: 'error' | 'warning';
  /** The file. */
  readonly source: string;
  /** `mcpServers["x"].args[2]`. */
  readonly place: string;
  readonly message: string;
}

const MAX_NAME_LENGTH = 128;

/** What a problem is about: a node, or anything else that stands somewhere in the text. */
interface Placed {
  readonly offset: number;
}

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

  get source(): string {
    return this.#document.source;
  }

  /** `why` goes on from the place: `needs …`, `must be …`. */
  error(place: string, node: Placed, why: string): void {
    this.#errors += 1;
    this.#add('error', place, node, `${place} ${why}. The server is left out.`);
  }

  warning(place: string, node: Placed, why: string): void {
    this.#add('warning', place, node, `${place} ${why}.`);
  }

  /** Warns that the server at `place` cannot be used here and is left out, although its file is right. */
  leftOut(place: string, node: Placed, why: string): void {
    this.#add('warning', place, node, `${place} ${why}. The server is left out.`);
  }

  positionOf(node: Placed): Position {
    return this.#document.positionOf(node.offset);
  }

  #add(severity: ConfigProblem['severity'], place: string, node: Placed, message: string): void {
    this.list.push({ severity, source: this.source, place, ...this.positionOf(node), message });
  }
}

/** The place of member `name` of what is at `base`. */
export function memberPlace(base: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? `${base}.${name}` : keyPlace(base, name);
}

/** The place of key `name` of the object at `base`, whose keys are chosen by people. */
export function keyPlace(base: string, name: string): string {
  return `${base}[${JSON.stringify(printableName(name))}]`;
}

/** A name of somebody else's choice for a message: at most 128 characters, none of which a terminal obeys. */
export function printableName(name: string): string {
  const shown = name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH)}…`;
  return shown.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
