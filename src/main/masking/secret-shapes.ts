import { MASK } from './secret-mask.ts';

/** Words that mark a name as secret wherever they occur in it. */
const SECRET_WORD = new RegExp(
  [
    'token|secret|passw|passphrase|pwd|credential|authorization|bearer|cookie',
    'apikey|accesskey|privatekey|signature|connectionstring',
  ].join('|'),
);

/**
 * Words that mark a name as secret only if they are a whole part of the name. They also occur within harmless words.
 */
const SECRET_PARTS: ReadonlySet<string> = new Set(
  'key pass pat auth dsn sig jwt session sid pin code creds'.split(' '),
);

/** Matches the tokens of well-known services by their prefix. */
const KNOWN_TOKEN = new RegExp(
  `\\b(?:${[
    /(?:sk|pk|rk)[-_][\w-]{12,}/,
    /gh[oprsu]_\w{16,}/,
    /github_pat_\w{16,}/,
    /glpat-[\w-]{12,}/,
    /xox[a-z]-[\w-]{8,}/,
    /hf_\w{16,}/,
    /npm_\w{16,}/,
    /A[KS]IA[A-Z0-9]{12,}/,
    /AIza[\w-]{16,}/,
    /ya29\.[\w-]{8,}/,
    /eyJ[\w-]{6,}\.[\w.-]{6,}/,
  ]
    .map(({ source }) => source)
    .join('|')})`,
  'g',
);

/**
 * Matches addresses. In this pattern and the following patterns, names have a limited length, so that the running time
 * is at most the length of the text times that limit.
 */
const ADDRESS = /\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s"'<>]+/gi;

/**
 * Matches `NAME=value`, `Name: value` and `"name": "value"`. Only the last form continues across blanks. A semicolon
 * may start another assignment.
 */
const ASSIGNMENT = new RegExp(
  `${/(?<![\w$])(["']?)([A-Za-z_][\w.-]{0,255})\1/.source}(?:${[
    /(\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'[^']*')/,
    /(=)((?:[^\s"';]|;(?![A-Za-z][\w. -]{0,127}=))+)/,
    /(:\s*)([^"'\n]+)/,
  ]
    .map(({ source }) => source)
    .join('|')})`,
  'g',
);

/** Matches `Name=value;Name=value`, as in connection strings of databases. Values may contain blanks. */
const PAIRS = /^(?:\s*[A-Za-z][\w .-]*=(?:"[^"]*"|'[^']*'|[^;"']*)(?:;|$)){2,}$/;

const PAIR = /([A-Za-z][\w .-]{0,127})=("[^"]*"|'[^']*'|[^;"']*)/g;

/**
 * Matches `-x` or `--long-name`. The value of an option may begin with a hyphen, too, but it does not have one of these
 * forms.
 */
const OPTION_NAME = '-[A-Za-z]|--[a-z][a-z0-9-]*';

const OPTION_ALONE = new RegExp(`^(?:${OPTION_NAME}(?:=.*)?)$`, 's');

/** Matches the value after an option within one text, as in a command line for a shell. */
const OPERAND = new RegExp(
  `(?=\\S)(?<=(?<!\\S)(--?[A-Za-z][\\w-]*)\\s+)(?!(?:${OPTION_NAME})(?![^\\s=]))(?:"[^"]*"|'[^']*'|\\S+)`,
  'g',
);

/** Options with a value of the form `user:password`. */
const LOGIN_OPTIONS: ReadonlySet<string> = new Set(['-u', '-U', '--user', '--proxy-user']);

/** Matches values of `-p` that are not passwords: ports, addresses, paths and names of packages. */
const NO_PASSWORD = /^(?:[\d.,:-]+(?:\/(?:tcp|udp))?|(?:[./~@]|[A-Za-z]:[\\/]).*)$/s;

/** Whether a name probably belongs to a secret: `GITHUB_TOKEN`, `apiKey`, `--password`. */
export function isSecretName(name: string): boolean {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return SECRET_WORD.test(parts.join('')) || parts.some((part) => SECRET_PARTS.has(part));
}

/** Masks a text that is secret as a whole. An empty text, or a text that only names variables, stays unchanged. */
export function maskValue(text: string): string {
  return text === '' || isReference(text) ? text : MASK;
}

/**
 * Masks the parts of a text that look like secrets: values of secret names, credentials and queries of addresses,
 * tokens of known or random shape.
 */
export function maskText(text: string): string {
  if (looksRandom(text)) return MASK;
  if (PAIRS.test(text)) return text.replace(PAIR, maskPair);
  return text
    .replace(ADDRESS, maskAddress)
    .replace(ASSIGNMENT, maskAssignment)
    .replace(OPERAND, (value: string, option: string) => maskOperand(option, value))
    .replace(KNOWN_TOKEN, MASK);
}

/**
 * Masks an argument. If the argument before it is an option, it is masked as the value of that option, otherwise as a
 * text.
 */
export function maskArgument(before: string, argument: string): string {
  const isGiven = /^--?[A-Za-z][\w-]*$/.test(before) && !OPTION_ALONE.test(argument);
  const masked = isGiven ? maskOperand(before, argument) : argument;
  return masked === argument ? maskText(argument) : masked;
}

/** Masks the value of an option if the name of the option is enough to mark the value as secret. */
function maskOperand(option: string, value: string): string {
  if (isSecretName(option)) return maskValue(value);
  if (option === '-p') return NO_PASSWORD.test(value) ? value : maskValue(value);
  const isLogin = LOGIN_OPTIONS.has(option) && value.includes(':') && !/^\d+:\d+$/.test(value);
  return isLogin ? maskLogin(value) : value;
}

function maskPair(_: string, name: string, value: string): string {
  return `${name}=${isSecretName(name) ? maskValue(value) : maskText(value)}`;
}

function maskAssignment(whole: string, quote: string, name: string, ...groups: (string | undefined)[]): string {
  if (!isSecretName(name)) return whole;
  const [joint, quoted, equals, plain, colon, rest] = groups;
  if (quoted !== undefined)
    return `${quote}${name}${quote}${joint}${quoted[0]}${maskValue(quoted.slice(1, -1))}${quoted[0]}`;
  return `${quote}${name}${quote}${equals ?? colon}${maskValue(plain ?? rest ?? '')}`;
}

/** Masks an address. The address is split as a text, because a URL with variables in it could not be parsed. */
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

/** Masks a query parameter. Everything except short words and numbers may be secret, whatever its name. */
function maskParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  if (equals === -1) return looksRandom(parameter) ? MASK : parameter;
  const name = parameter.slice(0, equals);
  const value = parameter.slice(equals + 1);
  const isPlain = /^(?:[a-z][a-z_-]{0,15}|v?\d{1,5}(?:\.\d{1,3}){0,2})$/.test(value);
  return `${name}=${isPlain && !isSecretName(name) ? value : maskValue(value)}`;
}

/** Whether a text is one long run of letters and digits that does not look like a name. */
function looksRandom(text: string): boolean {
  if (!/^[A-Za-z0-9_-]{20,}$/.test(text)) return false;
  return text.split(/[-_]/).some((part) => !/^(?:[A-Za-z]*\d{0,4}|\d+[A-Za-z]?)$/.test(part));
}

/**
 * Whether a text consists only of variables, with at most the word of a scheme before them. A variable with a default
 * does not count, because the default may be a secret.
 */
function isReference(text: string): boolean {
  return /^(?:(?:bearer|basic|token|apikey)\s+)?(?:\$\{(?:(?!:-)[^{}])*\}\s*)+$/i.test(text);
}
