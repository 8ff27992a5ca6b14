import type { JsonObject } from '../json-rpc.ts';

/** What a connector lists. */
export type DefinitionKind = 'tool' | 'prompt' | 'resource' | 'template';

/** The member that names a definition of each kind. */
export const NAME_MEMBERS: Readonly<Record<DefinitionKind, string>> = {
  tool: 'name',
  prompt: 'name',
  resource: 'uri',
  template: 'uriTemplate',
};

/** The repairs that a view may hold. Each changes nothing of what a call does. */
export const REPAIRS = {
  'null-absent': 'An optional member that is null is left out.',
  'hint-absent': 'An optional member that only describes, and has a wrong type or value, is left out.',
  'empty-container': 'An empty list where an object belongs becomes an empty object, and the other way round.',
  'input-object': 'An input schema that is missing, or does not say that it takes an object, gets `type: "object"`.',
  'property-schema': 'A property schema that is `true`, `false` or null becomes `{}`, `{ "not": {} }` or `{}`.',
  'required-absent': '`required` that is no list of strings is left out.',
  'output-absent': 'An output schema that the revision does not know, or that clients cannot compile, is left out.',
  'name-from-uri': 'A resource or a template without a name is named after its URI.',
} as const satisfies Readonly<Record<string, string>>;

export type Repair = keyof typeof REPAIRS;

/** Why a definition is left out: the values of the label `reason` of the metric. */
export type DropReason =
  | 'not-an-object'
  | 'name'
  | 'duplicate'
  | 'too-deep'
  | 'too-large'
  | 'headers'
  | 'input-schema'
  | 'arguments';

/** {@link DropReason} in words. */
export const DROP_REASONS: Readonly<Record<DropReason, string>> = {
  'not-an-object': 'it is not an object',
  name: 'it has no usable name or URI',
  duplicate: 'its name was listed before',
  'too-deep': 'it nests too deep',
  'too-large': 'it is above 256 KiB',
  headers: 'its x-mcp-header declarations are invalid',
  'input-schema': 'its input schema is invalid',
  arguments: 'its arguments are invalid',
};

/** A definition that is left out. */
export interface DroppedDefinition {
  readonly kind: DefinitionKind;
  /** What the connector calls it, at most 128 characters; `(no name)` where it has none. */
  readonly name: string;
  readonly reason: DropReason;
}

/** What a check of a definition found. */
export interface Examined {
  /** How clients see it: the same object where it is valid, a repaired copy, or null where it is left out. */
  readonly view: JsonObject | null;
  /** What the view has otherwise. */
  readonly repairs: readonly Repair[];
  /** Why it is left out; null if it is not. */
  readonly reason: DropReason | null;
  /** What is wrong with it, for people; null if nothing is. It names members, and never shows their values. */
  readonly fault: string | null;
}
