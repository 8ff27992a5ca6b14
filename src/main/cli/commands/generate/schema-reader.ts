import type { TypeText } from './type-text.ts';

/** Converts the schemas inside of object and array schemas. */
export interface SchemaReader {
  /** Returns the type for a schema that describes a property of an object or an item of an array. */
  readonly within: (schema: unknown) => TypeText;
}
