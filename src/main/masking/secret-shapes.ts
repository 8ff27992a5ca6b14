import { MASK } from './secret-mask.ts';

/** Matches words that mark a name as secret wherever they occur in the name. */
const SECRET_WORD = new RegExp(
  [
    'token|secret|passw|passphrase|pwd|credential|authorization|bearer|cookie',
    'apikey|accesskey|privatekey|signature|connectionstring',
  ].join('|'),
);

/**
 * Words that mark a name as secret only if they are a whole part of the name, because harmless words contain them too.
 */
const SECRET_PARTS: ReadonlySet<string> = new Set(
  'key pass pat auth dsn sig jwt session sid pin code creds'.split(' '),
);

/** Matches tokens of well-known services by their prefixes. */
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
 * Matches URLs. This pattern and the patterns below limit the length of names, so that matching takes time linear in
 * the length of the text.
 */
const ADDRESS = /\b[a-z][a-z0-9+.-]{0,31}:\/\/[^\s"'<>]+/gi;

/**
 * Matches `NAME=value`, `Name: value` and `"name": "value"`. A value after `=` without quotes ends at a space, and at a
 * semicolon before another `name=`.
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

/** Matches `Name=value;Name=value`, as in connection strings of databases. Values may contain spaces. */
const PAIRS = /^(?:\s*[A-Za-z][\w .-]*=(?:"[^"]*"|'[^']*'|[^;"']*)(?:;|$)){2,}$/;

const PAIR = /([A-Za-z][\w .-]{0,127})=("[^"]*"|'[^']*'|[^;"']*)/g;

/**
 * Matches the name of an option: `-x` or `--long-name`. The value of an option may also begin with a hyphen, but does
 * not have one of these forms.
 */
const OPTION_NAME = '-[A-Za-z]|--[a-z][a-z0-9-]*';

const OPTION_ALONE = new RegExp(`^(?:${OPTION_NAME}(?:=.*)?)$`, 's');

/** Matches the value after an option in a string with several words, such as a command line. */
const OPERAND = new RegExp(
  `(?=\\S)(?<=(?<!\\S)(--?[A-Za-z][\\w-]*)\\s+)(?!(?:${OPTION_NAME})(?![^\\s=]))(?:"[^"]*"|'[^']*'|\\S+)`,
  'g',
);

/** Options whose value may have the form `user:password`. */
const LOGIN_OPTIONS: ReadonlySet<string> = new Set(['-u', '-U', '--user', '--proxy-user']);

/** Matches values of the option `-p` that are not passwords: ports, addresses, paths and names of packages. */
const NO_PASSWORD = /^(?:[\d.,:-]+(?:\/(?:tcp|udp))?|(?:[./~@]|[A-Za-z]:[\\/]).*)$/s;

/** Whether a name probably belongs to a secret, such as `GITHUB_TOKEN`, `apiKey` or `--password`. */
export function isSecretName(name: string): boolean {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return SECRET_WORD.test(parts.join('')) || parts.some((part) => SECRET_PARTS.has(part));
}

/** Masks a whole string. An empty string and a string that only refers to variables stay unchanged. */
export function maskValue(text: string): string {
  return text === '' || isReference(text) ? text : MASK;
}

/**
 * Masks the parts of a string that look like secrets. These are values whose names mark them as secret, credentials and
 * query parameters in URLs, and strings that look like tokens.
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
 * Masks an argument of a command line. If the argument `before` is an option, its name may mark the argument as secret.
 */
export function maskArgument(before: string, argument: string): string {
  const isGiven = /^--?[A-Za-z][\w-]*$/.test(before) && !OPTION_ALONE.test(argument);
  const masked = isGiven ? maskOperand(before, argument) : argument;
  return masked === argument ? maskText(argument) : masked;
}

/** Masks the value of an option if the name of the option marks the value as secret. */
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

/**
 * Masks the secrets in a URL. A URL that contains variables cannot be parsed as a URL, so the function splits it as a
 * text.
 */
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

/**
 * Masks a query parameter of a URL. Only short words and numbers are shown, because any other value may be secret,
 * whatever its name.
 */
function maskParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  if (equals === -1) return looksRandom(parameter) ? MASK : parameter;
  const name = parameter.slice(0, equals);
  const value = parameter.slice(equals + 1);
  const isPlain = /^(?:[a-z][a-z_-]{0,15}|v?\d{1,5}(?:\.\d{1,3}){0,2})$/.test(value);
  return `${name}=${isPlain && !isSecretName(name) ? value : maskValue(value)}`;
}

/** Whether a string consists of at least 20 letters, digits, `-` and `_`, and looks random rather than like a name. */
function looksRandom(text: string): boolean {
  if (!/^[A-Za-z0-9_-]{20,}$/.test(text)) return false;
  return text.split(/[-_]/).some((part) => !/^(?:[A-Za-z]*\d{0,4}|\d+[A-Za-z]?)$/.test(part));
}

/**
 * Whether a string consists only of variables, or of a word such as `Bearer` and variables. A variable with a default
 * does not count, because the default may be a secret.
 */
function isReference(text: string): boolean {
  return /^(?:(?:bearer|basic|token|apikey)\s+)?(?:\$\{(?:(?!:-)[^{}])*\}\s*)+$/i.test(text);
}
