import { isSecretName, maskArgument } from '../../masking/secret-shapes.ts';
import type { MessageRecord } from '../../recording/recording-format.ts';
import type { Credentials } from '../credentials/credentials.ts';
import type { ConnectorTarget } from './connection.ts';

/** Matches the names of variables that look secret but hold a folder, a socket or a setting of the desktop. */
const HARMLESS_NAME = /^(?:OLD)?PWD$|^(?:XDG|DESKTOP|DBUS|GNOME|KDE|TERM)_|_(?:SOCK|SOCKET|PATH|FILE|DIR)$/i;

/** Values that are settings and not secrets. Hiding such common words would remove them from the whole record. */
const HARMLESS_VALUE = /^(?:true|false|yes|no|on|off|none|null|auto|default|file|keyring|keychain|basic|bearer)$/i;

/**
 * Returns a target whose connection is recorded. Its headers, keys, tokens and secret variables are hidden from the
 * record.
 */
export function recordedTarget(target: ConnectorTarget, record: MessageRecord): ConnectorTarget {
  const { headers, url, command, credentials } = target;
  for (const value of Object.values(headers)) hideHeader(record, value);
  hideAddress(record, url);
  if (command !== null) {
    for (const [name, value] of Object.entries(command.env)) hideVariable(record, name, value);
    hideArguments(record, command.args);
  }
  return { ...target, record, credentials: new OverheardCredentials(credentials, record) };
}

/** Hides the secret arguments of a command. */
export function hideArguments(record: MessageRecord, args: readonly string[]): void {
  args.forEach((argument, index) => {
    if (maskArgument(args[index - 1] ?? '', argument) === argument) return;
    record.hide(argument);
    // Matches `--token=VALUE`, `NAME=VALUE` and `Authorization: Bearer VALUE`.
    const value = /^[\w.-]+\s*[=:]\s*(.+)$/s.exec(argument)?.[1];
    if (value !== undefined) hideHeader(record, value);
  });
}

/** Hides the value of a variable if its name or the value itself looks secret. */
export function hideVariable(record: MessageRecord, name: string, value: string): void {
  if (HARMLESS_NAME.test(name) || HARMLESS_VALUE.test(value)) return;
  if (isSecretName(name) || maskArgument('', value) !== value) hideHeader(record, value);
}

/** Hides the secrets in an address: the credentials, and those values of the query that may be secret. */
export function hideAddress(record: MessageRecord, url: URL): void {
  const { username, password, searchParams } = url;
  for (const text of [username, password]) {
    record.hide(text);
    record.hide(decodeURIComponent(text));
  }
  for (const [name, value] of searchParams) if (isSecretName(name) || value.length >= 8) record.hide(value);
}

/**
 * Hides the value of a header and the secret parts of the value: the token after `Bearer`, and the password within
 * `Basic`.
 */
export function hideHeader(record: MessageRecord, value: string): void {
  record.hide(value);
  const [, scheme = '', token = ''] = /^(\S+)\s+(\S+)$/.exec(value) ?? [];
  record.hide(token);
  if (!/^basic$/i.test(scheme)) return;
  const login = Buffer.from(token, 'base64').toString('utf8');
  record.hide(login);
  record.hide(login.slice(login.indexOf(':') + 1));
}

/** Credentials whose headers are masked in the recording. Masking starts before a request sends the headers. */
class OverheardCredentials implements Credentials {
  readonly #credentials: Credentials;
  readonly #record: MessageRecord;
  #last: readonly string[] = [];

  constructor(credentials: Credentials, record: MessageRecord) {
    this.#credentials = credentials;
    this.#record = record;
  }

  headers(...args: Parameters<Credentials['headers']>): readonly string[] | Promise<readonly string[]> {
    const headers = this.#credentials.headers(...args);
    return headers instanceof Promise ? headers.then((own) => this.#hidden(own)) : this.#hidden(headers);
  }

  refused(...args: Parameters<Credentials['refused']>): ReturnType<Credentials['refused']> {
    return this.#credentials.refused(...args);
  }

  #hidden(headers: readonly string[]): readonly string[] {
    if (headers === this.#last) return headers;
    this.#last = headers;
    headers.forEach((text, index) => {
      if (index % 2 === 1) hideHeader(this.#record, text);
    });
    return headers;
  }
}
