import type { TypeText } from './type-text.ts';

/** What object and array types need to write the types within them. */
export interface SchemaReader {
  /** The type of a schema that stands within an object or an array. */
  readonly within: (schema: unknown) => TypeText;
}
