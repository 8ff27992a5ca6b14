import { isConnectionHeader } from '../../../shared/map/entry-fault.ts';
import { isHeaderName, isHeaderValue } from '../../../shared/map/service-map.ts';

/** Why `name` can be no header of an entry; null if it can. */
export function headerNameFault(name: string): string | null {
  if (!isHeaderName(name)) return 'must be a header name';
  if (!isConnectionHeader(name)) return null;
  return `is the header ${name.toLowerCase()}, which belongs to the connection; take it out`;
}

/** Why `text` can be no value of a header; null if it can. */
export function headerValueFault(text: string): string | null {
  return text.length <= 8192 && isHeaderValue(text)
    ? null
    : 'holds a character that no header may, or more than 8192 of them';
}
