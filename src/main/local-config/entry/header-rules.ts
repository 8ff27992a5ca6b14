import { isHeaderName, isHeaderValue } from '../../../shared/map/service-map.ts';

/**
 * Headers of the connection and of the message's own length. Two of them, or wrong ones, break the request or address
 * another host.
 */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Why `name` can be no header of an entry; null if it can. */
export function headerNameFault(name: string): string | null {
  if (!isHeaderName(name)) return 'must be a header name';
  if (!OF_THE_CONNECTION.has(name.toLowerCase())) return null;
  return `is the header ${name.toLowerCase()}, which belongs to the connection; take it out`;
}

/** Why `text` can be no value of a header; null if it can. */
export function headerValueFault(text: string): string | null {
  return text.length <= 8192 && isHeaderValue(text)
    ? null
    : 'holds a character that no header may, or more than 8192 of them';
}
