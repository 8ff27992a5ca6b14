import { isObject, type JsonObject } from '../json-rpc.ts';
import { type DefinitionKind, type DroppedDefinition, type DropReason, NAME_MEMBERS } from './definition.ts';

/** An item of a list that has an identity. */
export interface ListedDefinition {
  readonly kind: 'definition';
  readonly definition: JsonObject;
  /** Its name or URI. */
  readonly name: string;
}

/** Result of reading an item of a list: a definition, or the reason why it is left out. */
export type ListItem =
  | ListedDefinition
  | { readonly kind: 'dropped'; readonly reason: DropReason; readonly name: string };

/**
 * Maximum depth of a definition; schemas in use have less than 20 levels. Deeper definitions could neither be compared
 * nor written.
 */
const MAX_DEPTH = 64;

/** Maximum length of a name, and of a URI. */
const MAX_NAME_LENGTH = 1_024;
const MAX_URI_LENGTH = 8_192;

/** Maximum length of a name in messages. */
const SHOWN_LENGTH = 128;

const CONTROL = /\p{Cc}/u;

/** Reads an item of a list from a connector. The item may be any value. */
export function readListItem(kind: DefinitionKind, item: unknown): ListItem {
  if (!isObject(item)) return { kind: 'dropped', reason: 'not-an-object', name: '(no name)' };
  const name = item[NAME_MEMBERS[kind]];
  const reason = nameFault(kind, name) ?? (isNestedWithin(item, MAX_DEPTH) ? null : 'too-deep');
  if (reason !== null) return { kind: 'dropped', reason, name: shownName(name) };
  return { kind: 'definition', definition: item, name: String(name) };
}

/** Creates the record of a definition that is left out, with its name truncated for display. */
export function dropped(kind: DefinitionKind, name: unknown, reason: DropReason): DroppedDefinition {
  return { kind, name: shownName(name), reason };
}

/**
 * Returns why a name is invalid, or null. Any text is a name, although MCP 2025-11-25 suggests only A-Z a-z 0-9 _ - .
 * because servers use spaces, colons and letters of all alphabets. Control characters and lone surrogates are refused:
 * they could not be displayed or stored unchanged.
 */
function nameFault(kind: DefinitionKind, name: unknown): 'name' | null {
  if (typeof name !== 'string' || name === '') return 'name';
  const maxLength = kind === 'tool' || kind === 'prompt' ? MAX_NAME_LENGTH : MAX_URI_LENGTH;
  return name.length > maxLength || CONTROL.test(name) || !name.isWellFormed() ? 'name' : null;
}

/**
 * Whether a value is nested at most this deep. It runs for every part of every definition, so it creates no member
 * lists.
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

/** Returns a name without control characters, which a terminal would interpret. */
function shownName(name: unknown): string {
  if (typeof name !== 'string' || name === '') return '(no name)';
  return name
    .slice(0, SHOWN_LENGTH)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\ufffd');
}
