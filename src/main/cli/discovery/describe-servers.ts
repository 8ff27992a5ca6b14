import type { LocalServer } from '../../local-config/entry/server-entry.ts';
import { parseLocalConfig } from '../../local-config/local-config.ts';
import type { LocalConfigFile } from '../../local-config/read-local-config.ts';
import { workspaceOf } from '../../local-config/workspace.ts';
import { maskValue } from '../../masking/secret-shapes.ts';
import { quoted, visible } from './visible-text.ts';

/**
 * Describes the servers of a project's file, so that the user can decide whether to use them. Shows the whole command
 * or URL of each server, and the names of its environment variables or headers. Does not show the values of variables,
 * because they may be secret.
 */
export function describeServers(path: string, { servers, text, otherFiles }: LocalConfigFile, project: string): string {
  const folder = workspaceOf(path);
  const written = parseLocalConfig(text, { source: path, env: null, folder, project });
  const byPlace = new Map(written.servers.map((server) => [server.place, server]));
  const lines = servers.flatMap((server) => describe(server, byPlace.get(server.place) ?? server));
  const others = otherFiles.map((file) => `  reads the file ${quoted(file)}`);
  return [...lines, ...others].map((line) => `${line}\n`).join('');
}

function describe({ entry, command, envFile, login }: LocalServer, written: LocalServer): string[] {
  const off = entry.status === 'disabled' ? ' (disabled)' : '';
  const head = `  ${visible(entry.id)}${off}`;
  if (command === null) {
    const headers = Object.keys(entry.headers ?? {});
    const secrets = secretsOfLogin(entry.oauth || {}, login.clientSecret === null ? null : written.login.clientSecret);
    return [`${head}: connects to ${quoted(written.entry.endpoint)}`, ...names('headers', headers), ...secrets];
  }
  const { command: program, args, cwd } = written.command ?? command;
  return [
    `${head}: runs ${[program, ...args].map(quoted).join(' ')}`,
    ...(cwd === null ? [] : [`    in the folder ${quoted(cwd)}`]),
    ...names('environment variables', Object.keys(command.env)),
    ...(envFile === null ? [] : [`    more of them from ${quoted(envFile)}`]),
  ];
}

/** Returns lines about the secrets that a login would send to the server's issuer. */
function secretsOfLogin(oauth: Readonly<Record<string, unknown>>, secret: string | null): string[] {
  const named = [oauth.clientSecretEnv, oauth.privateKeyEnv].filter((name) => typeof name === 'string');
  return [
    ...(secret === null ? [] : [`    with a client secret for logins, ${secretAsWritten(secret)}`]),
    ...names('secret for logins from the variable', named),
  ];
}

/**
 * Returns the text that describes a secret. A reference to a variable is shown. For any other secret, the text only
 * says that the file contains it.
 */
function secretAsWritten(secret: string): string {
  return maskValue(secret) === secret ? quoted(secret) : 'which the file holds';
}

function names(what: string, list: readonly string[]): string[] {
  return list.length === 0 ? [] : [`    with the ${what} ${list.map(visible).join(', ')}`];
}
