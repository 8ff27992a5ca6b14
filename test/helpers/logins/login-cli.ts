import { join } from 'node:path';
import { type CliOptions, type Ended, type RunningCli, startCli } from '../cli.ts';
import { runCliHere } from '../cli-in-process.ts';
import { eventually } from '../eventually.ts';
import { LocalFile } from '../local-file.ts';
import { TempDir } from '../temp-dir.ts';
import { AuthorizationServer, type AuthorizationServerOptions } from './authorization-server.ts';
import { ProtectedMcpServer, type ProtectedServerOptions } from './protected-mcp-server.ts';
import { ScriptedBrowser } from './scripted-browser.ts';

export interface LoginCliOptions {
  readonly issuer?: AuthorizationServerOptions;
  /** The servers, by connector id. Defaults to one server for the connector `crm`. */
  readonly servers?: Readonly<Record<string, Omit<ProtectedServerOptions, 'issuer'>>>;
  /** Additional members of the configuration entries, by connector id. */
  readonly entries?: Readonly<Record<string, object>>;
}

/** Servers that need a login, their authorization server, a file that configures them, and a command line. */
export class LoginCli implements AsyncDisposable {
  readonly issuer: AuthorizationServer;
  readonly servers: Readonly<Record<string, ProtectedMcpServer>>;
  readonly file: LocalFile;
  readonly stateDir: string;
  readonly browser = new ScriptedBrowser();
  readonly #folder: TempDir;
  readonly #tokens: ReadonlySet<string>;
  readonly #runs: RunningCli[] = [];

  private constructor(parts: {
    issuer: AuthorizationServer;
    servers: Readonly<Record<string, ProtectedMcpServer>>;
    file: LocalFile;
    tokens: ReadonlySet<string>;
  }) {
    this.issuer = parts.issuer;
    this.servers = parts.servers;
    this.file = parts.file;
    this.#tokens = parts.tokens;
    this.#folder = new TempDir();
    this.stateDir = join(this.#folder.path, 'state');
  }

  static async start({ issuer: given = {}, servers = { crm: {} }, entries = {} }: LoginCliOptions = {}) {
    const tokens = new Set<string>();
    const intercept: AuthorizationServerOptions['intercept'] = (request, response) => {
      if (given.intercept?.(request, response) === true) return true;
      if (request.url?.startsWith('/token') === true || request.url?.startsWith('/reg') === true)
        keepTokens(response, tokens);
      return false;
    };
    const issuer = await AuthorizationServer.start({ ...given, intercept });
    const started = await Promise.all(
      Object.entries(servers).map(
        async ([id, options]) => [id, await ProtectedMcpServer.start({ ...options, issuer: issuer.issuer })] as const,
      ),
    );
    const file = new LocalFile(
      Object.fromEntries(started.map(([id, { url }]) => [id, { type: 'http', url, ...entries[id] }])),
    );
    return new LoginCli({ issuer, servers: Object.fromEntries(started), file, tokens });
  }

  /**
   * Every access token, refresh token and registration secret that the issuer issued, and the codes that the browser
   * saw.
   */
  get secrets(): readonly string[] {
    const codes = this.browser.visited.flatMap((address) => new URL(address).searchParams.getAll('code'));
    return [...this.#tokens, ...codes];
  }

  /** Returns the secrets that occur in these outputs. Throws if no token was ever issued. */
  leaksIn(...outputs: readonly { readonly stdout: string; readonly stderr: string }[]): readonly string[] {
    if (this.#tokens.size === 0) throw new Error('The issuer issued no token');
    const text = outputs.map(({ stdout, stderr }) => stdout + stderr).join('\n');
    return this.secrets.filter((secret) => text.includes(secret));
  }

  /** Runs a command with the file and the state folder in this process. Only for commands that do not wait. */
  run(args: readonly string[], options: CliOptions = {}): Promise<Ended> {
    return runCliHere(this.#argsOf(args), options);
  }

  /** Starts a command with the file and the state folder in its own process. */
  begin(args: readonly string[], options: CliOptions = {}): RunningCli {
    const running = startCli(this.#argsOf(args), options);
    this.#runs.push(running);
    return running;
  }

  /** Logs in with the scripted browser, which follows the printed address to the loopback redirect. */
  async logIn(args: readonly string[]): Promise<Ended> {
    const login = this.begin(['auth', 'login', ...args, '--no-browser'], { keepsStdin: true });
    await this.browser.follow(await printedAddress(login));
    return login.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#runs) child.kill('SIGKILL');
    await Promise.all(this.#runs.map(({ ended }) => ended));
    for (const server of Object.values(this.servers)) await server[Symbol.asyncDispose]();
    await this.issuer[Symbol.asyncDispose]();
    this.file[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
  }

  #argsOf(args: readonly string[]): readonly string[] {
    return [...args, '--config', this.file.path, '--state-dir', this.stateDir];
  }
}

/**
 * Resolves with an address that a login printed. `nth` is the index among the printed addresses. Rejects with the
 * output if the login ends without printing that address.
 */
export async function printedAddress({ seen, ended }: RunningCli, nth = 0): Promise<string> {
  const addresses = (): readonly string[] =>
    [...seen.stderr.matchAll(/^ {2}address +(\S+)$/gm)].map(([, it]) => it ?? '');
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  await eventually('an address is printed', () => isOver || addresses().length > nth, 60_000);
  const address = addresses()[nth];
  if (address === undefined) throw new Error(`No address was printed: ${seen.stderr}`);
  return address;
}

/** Records the secrets in responses of the token endpoint and the registration endpoint. */
function keepTokens(response: Parameters<NonNullable<AuthorizationServerOptions['intercept']>>[1], into: Set<string>) {
  const end = response.end.bind(response) as (...args: unknown[]) => typeof response;
  response.end = ((...args: unknown[]) => {
    const text = Buffer.isBuffer(args[0]) ? args[0].toString() : String(args[0] ?? '');
    const names = 'access_token|refresh_token|id_token|client_secret|registration_access_token';
    for (const [, value = ''] of text.matchAll(new RegExp(`"(?:${names})":"([^"]+)"`, 'g'))) into.add(value);
    return end(...args);
  }) as typeof response.end;
}
