import { MASK } from '../secret-mask.ts';

/** What names of secrets are made of, wherever it stands in them. */
const SECRET_WORD =
  /token|secret|passw|passphrase|pwd|credential|authorization|bearer|cookie|apikey|accesskey|privatekey|signature|connectionstring/;

/** The same for words that are also parts of harmless ones. */
const SECRET_PARTS: ReadonlySet<string> = new Set(
  'key pass pat auth dsn sig jwt session sid pin code creds'.split(' '),
);

/** How the tokens of well-known services begin. */
const KNOWN_TOKEN =
  /\b(?:(?:sk|pk|rk)[-_][\w-]{12,}|gh[oprsu]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{12,}|xox[a-z]-[\w-]{8,}|hf_\w{16,}|npm_\w{16,}|A[KS]IA[A-Z0-9]{12,}|AIza[\w-]{16,}|ya29\.[\w-]{8,}|eyJ[\w-]{6,}\.[\w.-]{6,})/g;

const ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;

/** `NAME=value`, `Name: value`, `"name": "value"`; only the last goes over blanks. */
const ASSIGNMENT =
  /(?<![\w$])(["']?)([A-Za-z_][\w.-]*)\1(?:(\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'[^']*')|(=)([^\s"']+)|(:\s*)([^"'\n]+))/g;

/** `--name value` within one text, as in what a shell is given. */
const OPTION = /(?<!\S)(--?)([A-Za-z][\w-]*)(\s+)([^\s-]\S*)/g;

/** Whether what is called so is probably a secret: `GITHUB_TOKEN`, `apiKey`, `--password`. */
export function isSecretName(name: string): boolean {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return SECRET_WORD.test(parts.join('')) || parts.some((part) => SECRET_PARTS.has(part));
}

/** A text that is taken for secret as a whole. What only names variables is none, nor is nothing. */
export function maskValue(text: string): string {
  return text === '' || isReference(text) ? text : MASK;
}

/** A text with what looks like a secret in it masked: values of secret names, credentials and queries of addresses, tokens of known or random shape. */
export function maskText(text: string): string {
  if (looksRandom(text)) return MASK;
  return text
    .replace(ADDRESS, maskAddress)
    .replace(ASSIGNMENT, maskAssignment)
    .replace(OPTION, (whole, dashes: string, name: string, gap: string, value: string) =>
      isSecretName(name) ? `${dashes}${name}${gap}${maskValue(value)}` : whole,
    )
    .replace(KNOWN_TOKEN, MASK);
}

function maskAssignment(whole: string, quote: string, name: string, ...groups: (string | undefined)[]): string {
  if (!isSecretName(name)) return whole;
  const [joint, quoted, equals, plain, colon, rest] = groups;
  if (quoted !== undefined)
    return `${quote}${name}${quote}${joint}${quoted[0]}${maskValue(quoted.slice(1, -1))}${quoted[0]}`;
  return `${quote}${name}${quote}${equals ?? colon}${maskValue(plain ?? rest ?? '')}`;
}

/** Taken apart as a text: a URL with variables in it would not survive being parsed. */
function maskAddress(address: string): string {
  const [, scheme = '', login, host = '', path = '', query, fragment] =
    /^([^:]+:\/\/)(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/.exec(address) ?? [];
  const user = login === undefined ? '' : `${maskLogin(login)}@`;
  const segments = path.split('/').map((segment) => (looksRandom(segment) ? MASK : segment));
  const asked = query === undefined ? '' : `?${query.split('&').map(maskParameter).join('&')}`;
  return `${scheme}${user}${host}${segments.join('/')}${asked}${fragment ? `#${maskValue(fragment)}` : ''}`;
}

function maskLogin(login: string): string {
  const colon = login.indexOf(':');
  return colon === -1 ? maskValue(login) : `${login.slice(0, colon)}:${maskValue(login.slice(colon + 1))}`;
}

/** Of a query all but short words and numbers may be secret, whatever it is called. */
function maskParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  if (equals === -1) return looksRandom(parameter) ? MASK : parameter;
  const name = parameter.slice(0, equals);
  const value = parameter.slice(equals + 1);
  const isPlain = /^(?:[a-z][a-z_-]{0,15}|v?\d{1,5}(?:\.\d{1,3}){0,2})$/.test(value);
  return `${name}=${isPlain && !isSecretName(name) ? value : maskValue(value)}`;
}

/** Whether a text is one long run of letters and digits as no name is. */
function looksRandom(text: string): boolean {
  if (!/^[A-Za-z0-9_-]{20,}$/.test(text)) return false;
  return text.split(/[-_]/).some((part) => !/^(?:[A-Za-z]*\d{0,4}|\d+[A-Za-z]?)$/.test(part));
}

/** Whether a text names nothing but variables, after the word for a scheme at most. One with a default says the default. */
function isReference(text: string): boolean {
  return /^(?:(?:bearer|basic|token|apikey)\s+)?(?:\$\{(?:(?!:-)[^{}])*\}\s*)+$/i.test(text);
}
