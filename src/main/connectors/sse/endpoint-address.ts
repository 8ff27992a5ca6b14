import { UnusableAnswer } from '../connection/failure.ts';

/**
 * Maximum length of an endpoint address. No server needs a longer address, and the address is sent with each request.
 */
const MAX_LENGTH = 8_192;

/** Matches a part of an address that is probably an id, because it is long and contains a digit. */
const ID_LIKE = /^(?=.*\d)[\w.~-]{16,}$/;

/** The address to which a server wants messages to be sent. It belongs to one event stream. */
export interface EndpointAddress {
  readonly url: URL;
  /** Whether the address probably contains a session id: it has a query, or a path segment that looks like an id. */
  readonly namesSession: boolean;
}

/**
 * Reads the data of an `endpoint` event (MCP 2024-11-05, HTTP with SSE), relative to the address of the stream. Throws
 * an UnusableAnswer if the address is invalid or has another origin, because messages are sent with the credentials for
 * the origin of the stream. The error does not quote the data, which may echo the credentials.
 */
export function readEndpoint(data: string, stream: URL): EndpointAddress {
  const url = data.length > MAX_LENGTH ? null : URL.parse(data.trim(), stream.href);
  if (url === null) throw new UnusableAnswer('the message endpoint that it names is not a valid URL');
  if (url.origin !== stream.origin) throw new UnusableAnswer('the message endpoint that it names is on another origin');
  const namesSession = url.search.length > 1 || url.pathname.split('/').some((segment) => ID_LIKE.test(segment));
  return { url, namesSession };
}
