import type { JsonObject } from '../json-rpc.ts';

/** The kinds of definitions that a connector can list. */
export type DefinitionKind = 'tool' | 'prompt' | 'resource' | 'template';

/** For each kind of definition, the member that identifies a definition. */
export const NAME_MEMBERS: Readonly<Record<DefinitionKind, string>> = {
  tool: 'name',
  prompt: 'name',
  resource: 'uri',
  template: 'uriTemplate',
};

/** The repairs that may be made in the view of a definition. No repair changes the effect of a call. */
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

/** Reasons to leave a definition out of a list. They are the values of the metric label `reason`. */
export type DropReason =
  | 'not-an-object'
  | 'name'
  | 'duplicate'
  | 'too-deep'
  | 'too-large'
  | 'headers'
  | 'input-schema'
  | 'arguments';

/** Each {@link DropReason} as a clause for messages. */
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

/** A definition that is left out of a list. */
export interface DroppedDefinition {
  readonly kind: DefinitionKind;
  /** Name of the definition in the connector's list, at most 128 characters; `(no name)` if it has no name. */
  readonly name: string;
  readonly reason: DropReason;
}

/** Result of checking a definition. */
export interface Examined {
  /**
   * The definition as clients see it. This is the original object if the definition is valid, a repaired copy if it was
   * repaired, and null if it is left out.
   */
  readonly view: JsonObject | null;
  /** Repairs that were made in the view. */
  readonly repairs: readonly Repair[];
  /** Reason why the definition is left out; null if it is not left out. */
  readonly reason: DropReason | null;
  /**
   * Description of the first problem, for people; null without a problem. It contains names of members, but never their
   * values.
   */
  readonly fault: string | null;
}
