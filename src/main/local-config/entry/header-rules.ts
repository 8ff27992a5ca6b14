import { isConnectionHeader } from '../../../shared/map/entry-fault.ts';
import { isHeaderName, isHeaderValue } from '../../../shared/map/service-map.ts';

/** Returns why `name` is not allowed as the name of a header in an entry, or null if it is allowed. */
export function headerNameFault(name: string): string | null {
  if (!isHeaderName(name)) return 'must be a header name';
  if (!isConnectionHeader(name)) return null;
  return `is the header ${name.toLowerCase()}, which the connection sets itself; remove it`;
}

/** Returns why `text` is not allowed as the value of a header, or null if it is allowed. */
export function headerValueFault(text: string): string | null {
  return text.length <= 8192 && isHeaderValue(text)
    ? null
    : 'contains a character that is not allowed in a header, or has more than 8192 characters';
}
