import { readFileSync } from 'node:fs';
import { parseLocalConfig } from '../../src/main/local-config/local-config.ts';

/** Environment variables for reading the shapes (fixtures of configuration files). */
const SHAPE_ENV: Readonly<Record<string, string>> = {
  HOME: '/home/me',
  API_KEY: 'key-of-the-environment',
  API_TOKEN: 'token-of-the-environment',
};

/** What the reader finds in a client's file: the servers, and the problems with their places. */
export interface ReadShape {
  readonly servers: Readonly<Record<string, object>>;
  readonly problems: readonly string[];
}

/** Reads a fixture from `fixtures/local-config/shapes`. Leaves out empty members. */
export function readShape(name: string, project = '/home/me/project'): ReadShape {
  const url = new URL(`../fixtures/local-config/shapes/${name}`, import.meta.url);
  const files = new Map([['~/.config/search-key', 'key-of-a-file\n']]);
  const options = { source: name, env: SHAPE_ENV, folder: '/work', project, files };
  const { servers, problems } = parseLocalConfig(readFileSync(url, 'utf8'), options);
  return {
    servers: Object.fromEntries(
      servers.map(({ entry, command, login, line, column }) => {
        const { endpoint, transport, headers, status, timeouts, tools, oauth } = entry;
        const reached =
          command === null
            ? { url: endpoint, transport, headers }
            : {
                run: [command.command, ...command.args].join(' '),
                env: Object.keys(command.env).length > 0 ? command.env : undefined,
                cwd: command.cwd ?? undefined,
              };
        const secret = login.clientSecret ?? undefined;
        const seen = { at: `${line}:${column}`, ...reached, oauth, secret, timeouts, tools };
        const off = status === 'disabled' ? { isDisabled: true } : {};
        const said = Object.entries({ ...seen, ...off }).filter(([, value]) => value !== undefined);
        return [entry.id, Object.fromEntries(said)];
      }),
    ),
    problems: problems.map(
      ({ severity, line, column, message }) =>
        `${severity === 'error' ? 'error' : 'warning'} ${line}:${column} ${message}`,
    ),
  };
}
