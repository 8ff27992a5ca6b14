import type { JsonObject } from '../../../mcp/json-rpc.ts';
import type { SchemaReader } from './schema-reader.ts';
import { enclosed, type TypeText, UNKNOWN } from './type-text.ts';

/** A tuple with more items than this gets the type `readonly unknown[]`, without a type for each item. */
const MAX_ITEMS = 100;

/**
 * Returns the type of the arrays that a schema describes. It is a tuple if the schema has `prefixItems` (2020-12) or a
 * list of `items` (draft-07).
 */
export function arrayType(schema: JsonObject, reader: SchemaReader): TypeText {
  const { prefixItems, items, additionalItems, minItems } = schema;
  const isOldTuple = Array.isArray(items);
  const tuple = isOldTuple ? items : prefixItems;
  const rest = isOldTuple ? additionalItems : items;
  if (!Array.isArray(tuple) || tuple.length === 0 || tuple.length > MAX_ITEMS) {
    const type = Array.isArray(tuple) && tuple.length > 0 ? UNKNOWN : reader.within(rest ?? true);
    return compound(`readonly ${enclosed(type)}[]`);
  }
  const least = typeof minItems === 'number' ? minItems : 0;
  const parts = tuple.map((item, index) => `${enclosed(reader.within(item))}${index < least ? '' : '?'}`);
  if (rest !== false) parts.push(`...${enclosed(reader.within(rest ?? true))}[]`);
  return compound(`readonly [${parts.join(', ')}]`);
}

function compound(text: string): TypeText {
  return { text, width: 1, isCompound: true };
}
