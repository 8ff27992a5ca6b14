import { MAP_HOST } from '../../check-dist/hosts.ts';
import { demoServer } from './write-shims.ts';

/**
 * What a block with the comment `<!-- setup: NAME -->` needs: files, shell commands, and code before and after a
 * program.
 */
interface Setup {
  /** Contents of files in the project's folder, by name. */
  readonly files?: Readonly<Record<string, object | string>>;
  readonly shell?: string;
  readonly before?: string;
  readonly after?: string;
}

const MANAGER = `import { ConnectorProxyManager as ManagerOfTheSetup } from 'mcp-switchyard';
const manager = new ManagerOfTheSetup({ configFile: '.mcp.json' });
await manager.sync();
`;

const [MAIL, WORDS] = [demoServer('mail'), 'mail-words.txt'];
const mail = { mcpServers: { mail: { ...MAIL, args: [...MAIL.args, WORDS] } } };
const LIST_MAIL = ['before', 'now']
  .flatMap((words) => ['', '--state-dir ./state'].map((state) => [words, state]))
  .map(([words, state]) => `echo ${words} >${WORDS}; mcp-switchyard tools --config mail.json ${state} >/dev/null 2>&1;`)
  .join(' ');

const SETUPS: Readonly<Record<string, Setup>> = {
  /** Defines `manager`, a manager of the connectors in `.mcp.json`. */
  manager: { before: MANAGER, after: 'await manager.close();\n' },
  /** Makes every command use the signed map. */
  map: { shell: 'export CONNECTORS_SERVICE_MAP_URL=https://maps.example.com/map;' },
  /**
   * Changes the definition of the tool `mail.send` after it was first seen, both in the default state folder and in
   * `./state`.
   */
  'changed-tool': { files: { 'mail.json': mail }, shell: LIST_MAIL },
  /** Puts the servers `github` and `linear`, which need a login, into `.mcp.json`. */
  logins: {
    files: {
      '.mcp.json': {
        mcpServers: { github: { url: 'https://mcp.notion.com/mcp' }, linear: { url: 'https://mcp.linear.app/mcp' } },
      },
    },
  },
  /** Writes `host.mjs`, a program that uses the package. */
  host: { files: { 'host.mjs': MAP_HOST.source } },
};

const textOf = (content: object | string): string => (typeof content === 'string' ? content : JSON.stringify(content));

function setupOf(name: string | null): Setup {
  if (name === null) return {};
  const setup = SETUPS[name];
  if (setup === undefined)
    throw new Error(`There is no setup "${name}". The setups are ${Object.keys(SETUPS).join(', ')}.`);
  return setup;
}

/** Returns the files to write before a block. */
export function setupFiles(name: string | null): Readonly<Record<string, string>> {
  const files = Object.entries(setupOf(name).files ?? {});
  return Object.fromEntries(files.map(([file, content]) => [file, textOf(content)]));
}

/** Returns the commands to run before the commands of a block. */
export function shellSetup(name: string | null): string {
  return setupOf(name).shell ?? '';
}

/** Returns the code to put before and after the program of a block. */
export function programSetup(name: string | null): readonly [string, string] {
  const { before = '', after = '' } = setupOf(name);
  return [before, after];
}
