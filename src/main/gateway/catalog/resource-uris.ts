/** What a URI among those of several connectors stands for. */
export interface ConnectorUri {
  readonly connectorId: string;
  readonly uri: string;
}

const PLAIN = /^[a-z0-9-]$/;
const ESCAPE = /^[0-9a-f]{2}$/;

/**
 * The URI of a connector's resource among those of others: the connector's id and `+` before it, so that `demo://x` of `everything` is `everything+demo://x`. What a scheme may not
 * hold (RFC 3986 section 3.1), and capitals, which are not told apart there, is written as `.` and two digits of hex a byte; an id that does not begin with one of a to y begins
 * with `z` and its first character so. The same goes for URI templates.
 */
export function exposeUri(connectorId: string, uri: string): string {
  return `${schemeOf(connectorId)}+${uri}`;
}

/** The connector and its own URI; null if it is none of those that {@link exposeUri} makes. */
export function resolveUri(exposed: string): ConnectorUri | null {
  const plus = exposed.indexOf('+');
  const connectorId = plus <= 0 ? null : idOf(exposed.slice(0, plus));
  return connectorId === null ? null : { connectorId, uri: exposed.slice(plus + 1) };
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
  // One way to write each: what could be written otherwise is another's, or nobody's.
  return id !== '' && schemeOf(id) === scheme ? id : null;
}
