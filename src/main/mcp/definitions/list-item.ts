import { isObject, type JsonObject } from '../json-rpc.ts';
import { type DefinitionKind, type DroppedDefinition, type DropReason, NAME_MEMBERS } from './definition.ts';

/** An item of a list that can be told apart from others. */
export interface ListedDefinition {
  readonly kind: 'definition';
  readonly definition: JsonObject;
  /** Its name or URI. */
  readonly name: string;
}

/** What became of an item of a list: a definition, or why it is left out. */
export type ListItem =
  | ListedDefinition
  | { readonly kind: 'dropped'; readonly reason: DropReason; readonly name: string };

/** How deep a definition may nest; schemas in use are below 20. Deeper ones could neither be compared nor written. */
const MAX_DEPTH = 64;

/** Characters of a name, and of a URI. */
const MAX_NAME_LENGTH = 1_024;
const MAX_URI_LENGTH = 8_192;

/** Characters of a name that are shown. */
const SHOWN_LENGTH = 128;

const CONTROL = /\p{Cc}/u;

/** Reads an item of a list that a connector sent; it may be anything. */
export function readListItem(kind: DefinitionKind, item: unknown): ListItem {
  if (!isObject(item)) return { kind: 'dropped', reason: 'not-an-object', name: '(no name)' };
  const name = item[NAME_MEMBERS[kind]];
  const reason = nameFault(kind, name) ?? (isNestedWithin(item, MAX_DEPTH) ? null : 'too-deep');
  if (reason !== null) return { kind: 'dropped', reason, name: shownName(name) };
  return { kind: 'definition', definition: item, name: String(name) };
}

/** A definition that is left out, with its name cut to what is shown. */
export function dropped(kind: DefinitionKind, name: unknown, reason: DropReason): DroppedDefinition {
  return { kind, name: shownName(name), reason };
}

/**
 * Any text is a name, though MCP 2025-11-25 suggests A-Z a-z 0-9 _ - . alone: servers use spaces, colons and letters of
 * all alphabets. Control characters and lone surrogates could not be shown and stored as they are.
 */
function nameFault(kind: DefinitionKind, name: unknown): 'name' | null {
  if (typeof name !== 'string' || name === '') return 'name';
  const maxLength = kind === 'tool' || kind === 'prompt' ? MAX_NAME_LENGTH : MAX_URI_LENGTH;
  return name.length > maxLength || CONTROL.test(name) || !name.isWellFormed() ? 'name' : null;
}

/** Whether a value nests no deeper. Every part of every definition comes by here, so it makes no lists of members. */
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

/** A terminal obeys control characters, so a name is shown without them. */
function shownName(name: unknown): string {
  if (typeof name !== 'string' || name === '') return '(no name)';
  return name
    .slice(0, SHOWN_LENGTH)
    .toWellFormed()
    .replace(/\p{Cc}/gu, '\ufffd');
}
