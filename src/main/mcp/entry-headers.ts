/**
 * Headers that the protocol or the connection sets. A header of the same name from an entry would be sent in addition.
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
 * Returns the headers of an entry that are sent with each of its requests, without reserved headers. Names and values
 * alternate.
 */
export function entryHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => !RESERVED.has(name.toLowerCase()))
    .flat();
}

/**
 * Returns the headers of a request together with the headers of its credentials, which replace headers of the same
 * name. Names and values alternate.
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
