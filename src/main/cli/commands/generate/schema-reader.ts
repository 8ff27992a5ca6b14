import type { TypeText } from './type-text.ts';

/** Writer of the types within object and array types. */
export interface SchemaReader {
  /** Returns the type of a schema that stands within an object or an array. */
  readonly within: (schema: unknown) => TypeText;
}
