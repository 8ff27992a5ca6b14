/** The connector that an exposed URI belongs to, and the connector's own URI. */
export interface ConnectorUri {
  readonly connectorId: string;
  readonly uri: string;
}

const PLAIN = /^[a-z0-9-]$/;
const ESCAPE = /^[0-9a-f]{2}$/;

/** URI scheme of MCP Apps resources. Hosts require this scheme (MCP Apps 2026-01-26, UI resource format). */
const UI_SCHEME = /^ui:\/\//i;

/** True if a URI is that of an MCP Apps user interface. */
export function isUiUri(uri: string): boolean {
  return UI_SCHEME.test(uri);
}

/**
 * Returns the exposed form of a connector's resource URI or URI template. The connector's id and `+` go first. For the
 * connector `everything`, `demo://x` becomes `everything+demo://x`. A `ui://` URI keeps its scheme, and the id goes
 * into its authority: `ui://weather/view.html` becomes `ui://everything+weather/view.html`.
 *
 * Schemes and authorities are case-insensitive, and a scheme cannot hold every character (RFC 3986 section 3.1). So
 * capitals, and characters that a scheme cannot hold, are escaped: each byte is written as `.` and two hexadecimal
 * digits. If an id does not begin with a letter from a to y, its first character is always escaped, and a `z` goes
 * before it.
 */
export function exposeUri(connectorId: string, uri: string): string {
  const [scheme = ''] = UI_SCHEME.exec(uri) ?? [];
  return `${scheme}${schemeOf(connectorId)}+${uri.slice(scheme.length)}`;
}

/** Returns the connector and its own URI. Null for a URI that {@link exposeUri} does not produce. */
export function resolveUri(exposed: string): ConnectorUri | null {
  const [scheme = ''] = UI_SCHEME.exec(exposed) ?? [];
  const plus = exposed.indexOf('+', scheme.length);
  const connectorId = plus <= scheme.length ? null : idOf(exposed.slice(scheme.length, plus));
  if (connectorId === null) return null;
  const uri = exposed.slice(plus + 1);
  // In an exposed `ui://` URI the scheme comes first. A URI with the connector before that scheme is not valid.
  return scheme === '' && isUiUri(uri) ? null : { connectorId, uri: scheme + uri };
}

function schemeOf(connectorId: string): string {
  const [first = '', ...rest] = connectorId;
  const head = /^[a-y]$/.test(first) ? first : `z${escaped(first)}`;
  return head + rest.map((letter) => (PLAIN.test(letter) ? letter : escaped(letter))).join('');
}

function escaped(letter: string): string {
  return [...Buffer.from(letter)].map((byte) => `.${byte.toString(16).padStart(2, '0')}`).join('');
}

function idOf(scheme: string): string | null {
  const bytes: number[] = [];
  for (let at = scheme.startsWith('z') ? 1 : 0; at < scheme.length; at += 1) {
    const letter = scheme.charAt(at);
    const code = scheme.slice(at + 1, at + 3);
    if (PLAIN.test(letter)) bytes.push(letter.charCodeAt(0));
    else if (letter === '.' && ESCAPE.test(code)) {
      bytes.push(Number.parseInt(code, 16));
      at += 2;
    } else return null;
  }
  const id = Buffer.from(bytes).toString('utf8');
  // Each id has exactly one spelling. A URI with a different spelling was not created by the gateway, or is invalid.
  return id !== '' && schemeOf(id) === scheme ? id : null;
}
