import type { JsonObject } from '../json-rpc.ts';

/** Kinds of definitions that a connector lists. */
export type DefinitionKind = 'tool' | 'prompt' | 'resource' | 'template';

/** Member that identifies a definition of each kind. */
export const NAME_MEMBERS: Readonly<Record<DefinitionKind, string>> = {
  tool: 'name',
  prompt: 'name',
  resource: 'uri',
  template: 'uriTemplate',
};

/** Repairs that a view may contain. None of them changes the effect of a call. */
export const REPAIRS = {
  'null-absent': 'Leaves out an optional member that is null.',
  'hint-absent': 'Leaves out an optional member with a wrong type or value if it is only a description or a hint.',
  'empty-container': 'Replaces an empty list by an empty object, or an empty object by an empty list.',
  'input-object': 'Adds `type: "object"` to an input schema that is missing or does not require an object.',
  'property-schema': 'Replaces the schema of a property: `true` and null by `{}`, and `false` by `{ "not": {} }`.',
  'required-absent': 'Leaves out a `required` that is not a list of strings.',
  'output-absent': 'Leaves out an output schema that the revision does not know, or that clients cannot compile.',
  'name-from-uri': 'Names a resource or a template without a name after its URI.',
} as const satisfies Readonly<Record<string, string>>;

export type Repair = keyof typeof REPAIRS;

/** Reasons to leave a definition out. They are the values of the label `reason` of the metric. */
export type DropReason =
  | 'not-an-object'
  | 'name'
  | 'duplicate'
  | 'too-deep'
  | 'too-large'
  | 'headers'
  | 'input-schema'
  | 'arguments';

/** Each {@link DropReason} in words. */
export const DROP_REASONS: Readonly<Record<DropReason, string>> = {
  'not-an-object': 'it is not an object',
  name: 'it has no usable name or URI',
  duplicate: 'its name was listed before',
  'too-deep': 'it is nested too deep',
  'too-large': 'it is larger than 256 KiB',
  headers: 'its x-mcp-header declarations are invalid',
  'input-schema': 'its input schema is invalid',
  arguments: 'its arguments are invalid',
};

/** A definition that is left out. */
export interface DroppedDefinition {
  readonly kind: DefinitionKind;
  /** Name that the connector gives it, at most 128 characters; `(no name)` without a name. */
  readonly name: string;
  readonly reason: DropReason;
}

/** Result of checking a definition. */
export interface Examined {
  /** The definition as clients see it: the same object if it is valid, a repaired copy, or null if it is left out. */
  readonly view: JsonObject | null;
  /** Repairs that the view contains. */
  readonly repairs: readonly Repair[];
  /** Reason to leave it out; null if it is not left out. */
  readonly reason: DropReason | null;
  /**
   * Description of the first problem, as readable text; null if there is no problem. It names members, and never shows
   * their values.
   */
  readonly fault: string | null;
}
