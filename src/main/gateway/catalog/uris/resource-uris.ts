/** What a URI among those of several connectors stands for. */
export interface ConnectorUri {
  readonly connectorId: string;
  readonly uri: string;
}

const PLAIN = /^[a-z0-9-]$/;
const ESCAPE = /^[0-9a-f]{2}$/;

/** Resources of MCP Apps, whose scheme hosts look at (MCP Apps 2026-01-26, UI resource format). */
const UI_SCHEME = /^ui:\/\//i;

/** Whether a URI is that of a user interface of MCP Apps. */
export function isUiUri(uri: string): boolean {
  return UI_SCHEME.test(uri);
}

/**
 * The URI of a connector's resource, or a URI template, among those of other connectors. The connector's id and `+`
 * stand before it, so that `demo://x` of `everything` is `everything+demo://x`. A `ui://` URI keeps its scheme, with
 * the connector in its authority: `ui://weather/view.html` is `ui://everything+weather/view.html`.  Capitals, which
 * are not told apart in a scheme or an authority, and characters that a scheme cannot hold (RFC 3986 section 3.1)
 * are written as `.` and two hexadecimal digits for each byte. An id that does not begin with a letter from a to y
 * begins with `z` and its first character in that form.
 */
export function exposeUri(connectorId: string, uri: string): string {
  const [scheme = ''] = UI_SCHEME.exec(uri) ?? [];
  return `${scheme}${schemeOf(connectorId)}+${uri.slice(scheme.length)}`;
}

/** The connector and its own URI; null for a URI that {@link exposeUri} does not make. */
export function resolveUri(exposed: string): ConnectorUri | null {
  const [scheme = ''] = UI_SCHEME.exec(exposed) ?? [];
  const plus = exposed.indexOf('+', scheme.length);
  const connectorId = plus <= scheme.length ? null : idOf(exposed.slice(scheme.length, plus));
  if (connectorId === null) return null;
  const uri = exposed.slice(plus + 1);
  // The URI of a user interface keeps its scheme in front: with the connector before it, it is spelled otherwise.
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
  // There is one way to write each id: another way is a URI of somebody else, or of nobody.
  return id !== '' && schemeOf(id) === scheme ? id : null;
}
