import type { ConfigDocument, Position } from './document/config-document.ts';

/**
 * A problem in a configuration file that its author should correct. The message names places and variables, but never
 * the values of variables.
 */
export interface ConfigProblem extends Position {
  /** With `error`, the server is left out. A `warning` says which part of the file has no effect. */
  readonly severity: 'error' | 'warning';
  /** Path of the configuration file. */
  readonly source: string;
  /** Place of the problem in the file, such as `mcpServers["x"].args[2]`. */
  readonly place: string;
  readonly message: string;
}

const MAX_NAME_LENGTH = 128;

/** Anything with a position in the text of the file, such as a `ConfigNode`. */
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

  /** Adds an error at `place`. The message is `place`, followed by `why`, such as `must be a string`. */
  error(place: string, node: Placed, why: string): void {
    this.#errors += 1;
    this.#add('error', place, node, `${place} ${why}. The server is left out.`);
  }

  warning(place: string, node: Placed, why: string): void {
    this.#add('warning', place, node, `${place} ${why}.`);
  }

  /**
   * Warns that the server at `place` is left out because it cannot be used by this package, although the file is
   * correct.
   */
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

/** Returns the place of a member for messages: `base.name`, or `base["name"]` if the name is not an identifier. */
export function memberPlace(base: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name) ? `${base}.${name}` : keyPlace(base, name);
}

/** Returns the place of a key that a person has chosen, such as the name of a server: `base["name"]`. */
export function keyPlace(base: string, name: string): string {
  return `${base}[${JSON.stringify(printableName(name))}]`;
}

/**
 * Makes an untrusted name safe for a message: at most 128 characters, and no control characters, which a terminal would
 * interpret.
 */
export function printableName(name: string): string {
  const shown = name.length <= MAX_NAME_LENGTH ? name : `${name.slice(0, MAX_NAME_LENGTH)}…`;
  return shown.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd');
}
