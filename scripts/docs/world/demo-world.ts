import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TrustBook, trustFolder } from '../../../src/main/cli/discovery/trust-book.ts';
import { readLocalConfig } from '../../../src/main/local-config/read-local-config.ts';
import { freePort } from '../../../test/helpers/fleet/free-port.ts';
import { endKept } from './kept-process.ts';
import type { InstalledPackage } from './package-under-test.ts';
import { type Places, substitute } from './substitutions.ts';
import { mapOf, SECRETS, WorldServers } from './world-servers.ts';
import { demoServer, LOOPBACK_ONLY, writeShims } from './write-shims.ts';

/** Files that a person approves when they appear in the project's folder. */
const TRUSTED = ['.mcp.json', '.vscode/mcp.json', '.cursor/mcp.json'];

/** The server of the quickstart, which the shim of `npx` starts. */
const EVERYTHING = { command: 'npx', args: ['-y', '@modelcontextprotocol/server-everything'] };

/** The folder, the programs and the servers that the blocks of one page run with. */
export class DemoWorld implements AsyncDisposable {
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  /** The folder for the output and the ids of processes that stay. */
  readonly run: string;
  readonly #root: string;
  readonly #servers: WorldServers;
  readonly #places: Places;

  private constructor(root: string, [port, connectorPort]: readonly [number, number], installed: InstalledPackage) {
    const at = (name: string): string => join(root, name);
    this.#root = root;
    this.project = at('project');
    this.run = at('run');
    for (const name of ['bin', 'home/.cursor', 'tmp', 'run', 'project/public', 'project/data'])
      mkdirSync(at(name), { recursive: true });
    writeShims(at('bin'), installed);
    symlinkSync(installed.modules, join(this.project, 'node_modules'));
    this.#servers = new WorldServers(join(this.project, 'public'));
    this.#places = { project: this.project, port, connectorPort, address: (name) => this.#servers.address(name) };
    this.env = {
      PATH: `${at('bin')}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      HOME: at('home'),
      TMPDIR: at('tmp'),
      BROWSER: join(at('bin'), 'docs-browser'),
      // There is a display, but no desktop whose settings name a browser, so BROWSER is used.
      ...{ DISPLAY: ':99', XDG_CURRENT_DESKTOP: 'none', XDG_DATA_DIRS: root, XDG_DATA_HOME: at('home/.local/share') },
      LANG: 'C.UTF-8',
      SWITCHYARD_LOGIN_KEY: 'file',
      SWITCHYARD_DOCS_RUN: this.run,
      SWITCHYARD_DOCS_PORT: `${port}`,
      NODE_OPTIONS: LOOPBACK_ONLY,
      NODE_COMPILE_CACHE: join(installed.modules, '.cache', 'compile'),
      ...SECRETS,
    };
  }

  static async start(installed: InstalledPackage): Promise<DemoWorld> {
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'switchyard-docs-')));
    const world = new DemoWorld(root, [await freePort(), await freePort()], installed);
    const json = (name: string, value: unknown): Promise<void> => world.write(name, `${JSON.stringify(value)}\n`);
    const mcpServers = { everything: EVERYTHING, files: demoServer('files') };
    await json('package.json', { private: true, type: 'module' });
    await json('.mcp.json', { mcpServers });
    await json('~/servers.json', { mcpServers });
    await json('~/.cursor/mcp.json', { mcpServers: { notes: demoServer('notes') } });
    await json('~/.claude.json', { mcpServers: { mine: demoServer('mine') } });
    await json('map.json', mapOf('https://mcp.example.com/mcp'));
    return world;
  }

  /** Replaces the addresses and places that a page prints with those of this world. */
  substitute(text: string): Promise<string> {
    return substitute(text, this.#places);
  }

  /** Writes a file of a page, in the project's folder, or in the home folder for a name with `~/`. */
  async write(name: string, text: string): Promise<void> {
    const path = name.startsWith('~/') ? join(this.#root, 'home', name.slice(2)) : join(this.project, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await this.substitute(text));
    await this.trustFiles();
  }

  /** Approves the configuration files of the project as they are now. */
  async trustFiles(): Promise<void> {
    const machine = { platform: process.platform, env: this.env, cwd: this.project };
    const book = new TrustBook(trustFolder(machine as Parameters<typeof trustFolder>[0]));
    for (const path of TRUSTED.map((name) => join(this.project, name)).filter((each) => existsSync(each))) {
      const { digest } = await readLocalConfig(path, this.env, this.project);
      book.add(path, digest);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endKept(this.run);
    await this.#servers[Symbol.asyncDispose]();
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }
}
