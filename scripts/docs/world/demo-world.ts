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

/**
 * Configuration files that the commands of a page may use without asking, because the test approves them as a person
 * would.
 */
const TRUSTED = ['.mcp.json', '.vscode/mcp.json', '.cursor/mcp.json'];

/** The server of the quickstart, which the shim of `npx` starts. */
const EVERYTHING = { command: 'npx', args: ['-y', '@modelcontextprotocol/server-everything'] };

/** The demo world of one page: the folders, programs and servers with which the blocks of the page run. */
export class DemoWorld implements AsyncDisposable {
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
  /** The folder with the output and the process ids of background processes. */
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
      // These variables imitate a display, but no desktop with its own browser setting. So the package uses the browser
      // in BROWSER.
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

  /** Replaces the URLs, ports and paths that a page prints with those of this demo world. */
  substitute(text: string): Promise<string> {
    return substitute(text, this.#places);
  }

  /**
   * Writes a file that a page shows: into the home folder if the name begins with `~/`, and into the project's folder
   * otherwise.
   */
  async write(name: string, text: string): Promise<void> {
    const path = name.startsWith('~/') ? join(this.#root, 'home', name.slice(2)) : join(this.project, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await this.substitute(text));
    await this.trustFiles();
  }

  /** Approves the current content of the project's configuration files. */
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
