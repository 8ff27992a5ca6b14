import { isObject, type JsonObject } from '../json-rpc.ts';
import { type DefinitionKind, type DroppedDefinition, type DropReason, NAME_MEMBERS } from './definition.ts';

/** A definition from a list of a connector, with a valid name or URI. */
export interface ListedDefinition {
  readonly kind: 'definition';
  readonly definition: JsonObject;
  /** Name or URI of the definition. */
  readonly name: string;
}

/** Result of reading one item of a list: a definition, or the reason why the item is left out. */
export type ListItem =
  | ListedDefinition
  | { readonly kind: 'dropped'; readonly reason: DropReason; readonly name: string };

/**
 * Maximum depth of a definition. Schemas in practice have fewer than 20 levels. Comparing or serializing much deeper
 * definitions would overflow the stack.
 */
const MAX_DEPTH = 64;

/** Maximum length of the name of a tool or prompt, and of a URI. */
const MAX_NAME_LENGTH = 1_024;
const MAX_URI_LENGTH = 8_192;

/** Maximum length of a name in messages. */
const SHOWN_LENGTH = 128;

const CONTROL = /\p{Cc}/u;

/** Reads one item of a list from a connector. The item may be any JSON value. */
export function readListItem(kind: DefinitionKind, item: unknown): ListItem {
  if (!isObject(item)) return { kind: 'dropped', reason: 'not-an-object', name: '(no name)' };
  const name = item[NAME_MEMBERS[kind]];
  const reason = nameFault(kind, name) ?? (isNestedWithin(item, MAX_DEPTH) ? null : 'too-deep');
  if (reason !== null) return { kind: 'dropped', reason, name: shownName(name) };
  return { kind: 'definition', definition: item, name: String(name) };
}

/** Creates the record of a definition that is left out. Its name is shortened for display. */
export function dropped(kind: DefinitionKind, name: unknown, reason: DropReason): DroppedDefinition {
  return { kind, name: shownName(name), reason };
}

/**
 * Returns the drop reason `name` if a name is invalid, otherwise null. MCP 2025-11-25 recommends only the characters
 * A-Z a-z 0-9 _ - . for names. But servers also use spaces, colons and other letters, so nearly any text is accepted.
 * Control characters and lone surrogates are rejected, because they cannot be displayed or stored unchanged.
 */
function nameFault(kind: DefinitionKind, name: unknown): 'name' | null {
  if (typeof name !== 'string' || name === '') return 'name';
  const maxLength = kind === 'tool' || kind === 'prompt' ? MAX_NAME_LENGTH : MAX_URI_LENGTH;
  return name.length > maxLength || CONTROL.test(name) || !name.isWellFormed() ? 'name' : null;
}

/**
 * Whether a value is nested at most `depth` levels deep. This runs for every part of every definition, so for speed it
 * creates no arrays of members.
 */
function isNestedWithin(value: object, depth: number): boolean {
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) if (isTooDeep(value[index], depth - 1)) return false;
    return true;
  }
  for (const name in value) if (isTooDeep((value as JsonObject)[name], depth - 1)) return false;
  return true;
}

function isTooDeep(member: unknown, depth: number): boolean {
  return typeof member === 'object' && member !== null && !isNestedWithin(member, depth);
}

/** Returns a name for display: shortened, and without control characters, which a terminal would interpret. */
function shownName(name: unknown): string {
  if (typeof name !== 'string' || name === '') return '(no name)';
  return name
    .slice(0, SHOWN_LENGTH)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\ufffd');
}
