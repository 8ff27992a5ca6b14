import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import { asIncoming, type Incoming, isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { RequestId } from './exchange.ts';

/**
 * Reads a parsed JSON value as a message of a client. A parameter that is null is treated as absent, because some
 * clients send `cursor: null` or `arguments: null` for omitted parameters. Nulls deeper in the parameters are the
 * client's data.
 */
export function asClientMessage(value: unknown): Incoming {
  const message = asIncoming(value);
  if (message.kind !== 'request' && message.kind !== 'notification') return message;
  const params = withoutNulls(message.params);
  return params === message.params ? message : { ...message, params };
}

/** Returns an object without its null members; the same object if it has no null members. */
export function withoutNulls(object: JsonObject): JsonObject {
  const entries = Object.entries(object);
  const given = entries.filter(([, value]) => value !== null);
  return given.length === entries.length ? object : Object.fromEntries(given);
}

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Parses the JSON of a client. Ignores a byte order mark at its start, which some clients on Windows send (RFC 8259
 * section 8.1). Throws a SyntaxError, or a JsonFault for JSON that is nested too deeply or is too large.
 */
export function parseClientJson(text: string): unknown {
  return parseForeignJson(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text);
}

/** Returns the id of a JSON value, if it has one, even if the value is not a valid message. */
export function idOf(value: unknown): RequestId | undefined {
  const id = isObject(value) ? value.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
