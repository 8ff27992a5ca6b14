import type { ConfigDocument, Position } from './document/config-document.ts';

/**
 * A problem that the author of a configuration file should correct. It names places and variables, never their values.
 */
export interface ConfigProblem extends Position {
  /** An `error` leaves the server out; a `warning` says what will not work. */
  readonly severity: 'error' | 'warning';
  /** Path of the file. */
  readonly source: string;
  /** Place in the file, such as `mcpServers["x"].args[2]`. */
  readonly place: string;
  readonly message: string;
}

const MAX_NAME_LENGTH = 128;

/** Subject of a problem: a node, or anything else with a position in the text. */
interface Placed {
  readonly offset: number;
}

/** Collects the problems of one file, in the order in which they are found. */
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

  /** Adds an error at `place`. `why` continues the sentence: `needs …`, `must be …`. */
  error(place: string, node: Placed, why: string): void {
    this.#errors += 1;
    this.#add('error', place, node, `${place} ${why}. The server is left out.`);
  }

  warning(place: string, node: Placed, why: string): void {
    this.#add('warning', place, node, `${place} ${why}.`);
  }

  /** Warns that the server at `place` cannot be used here and is left out, although its file is correct. */
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

/** Returns the place of member `name` of the value at `base`. */
export function memberPlace(base: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? `${base}.${name}` : keyPlace(base, name);
}

/** Returns the place of key `name` of the object at `base`, whose keys are chosen by people. */
export function keyPlace(base: string, name: string): string {
  return `${base}[${JSON.stringify(printableName(name))}]`;
}

/**
 * Returns an untrusted name for use in a message: at most 128 characters, without control characters for a terminal.
 */
export function printableName(name: string): string {
  const shown = name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH)}…`;
  return shown.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
