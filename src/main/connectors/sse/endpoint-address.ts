import { UnusableAnswer } from '../connection/failure.ts';

/** No server needs a longer one, and each request carries it. */
const MAX_LENGTH = 8_192;

/** A part of an address that is this long, and holds a digit, identifies something. */
const ID_LIKE = /^(?=.*\d)[\w.~-]{16,}$/;

/** Where a server wants the messages of one event stream. */
export interface EndpointAddress {
  readonly url: URL;
  /** Whether it names a session: by a query, or by a path segment that looks like an id. */
  readonly namesSession: boolean;
}

/**
 * Reads the data of an `endpoint` event (MCP 2024-11-05, HTTP with SSE), relative to the address of the stream. Throws
 * an UnusableAnswer for what is no address, and for another origin: messages carry the credentials of this one. No
 * error shows the data, which may echo them.
 */
export function readEndpoint(data: string, stream: URL): EndpointAddress {
  const url = data.length > MAX_LENGTH ? null : URL.parse(data.trim(), stream.href);
  if (url === null) throw new UnusableAnswer('the endpoint that it names for messages is no address');
  if (url.origin !== stream.origin)
    throw new UnusableAnswer('the endpoint that it names for messages is at another origin');
  const namesSession = url.search.length > 1 || url.pathname.split('/').some((segment) => ID_LIKE.test(segment));
  return { url, namesSession };
}
