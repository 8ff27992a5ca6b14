/**
 * Headers that the protocol or the HTTP connection sets. They are removed from entries, because otherwise a header
 * would be sent twice.
 */
const RESERVED: ReadonlySet<string> = new Set([
  'accept',
  'connection',
  'content-length',
  'content-type',
  'expect',
  'keep-alive',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Returns the headers that are sent with each request to the connector of an entry: the entry's headers, except
 * reserved ones. In the result, names and values alternate.
 */
export function entryHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => !RESERVED.has(name.toLowerCase()))
    .flat();
}

/**
 * Adds the credentials' headers to a request's headers. A header of the credentials replaces a header with the same
 * name. Names and values alternate, in the arguments and in the result.
 */
export function withCredentials(headers: readonly string[], own: readonly string[]): readonly string[] {
  if (own.length === 0) return headers;
  const names = new Set<string>();
  for (let index = 0; index < own.length; index += 2) names.add((own[index] ?? '').toLowerCase());
  const merged: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (!names.has(name.toLowerCase())) merged.push(name, headers[index + 1] ?? '');
  }
  merged.push(...own);
  return merged;
}
