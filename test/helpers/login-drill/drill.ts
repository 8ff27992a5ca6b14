import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Ended, runCli, startCli } from '../cli.ts';
import { eventually } from '../eventually.ts';
import { LocalFile } from '../local-file.ts';
import { AuthorizationServer } from '../logins/authorization-server.ts';
import { printedAddress } from '../logins/login-cli.ts';
import { ProtectedMcpServer } from '../logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../logins/scripted-browser.ts';
import { TempDir } from '../temp-dir.ts';
import { GatewayProcess, type Refusal } from './gateway-process.ts';
import { freeze, hasSocket } from './process-sockets.ts';
import { type Moment, TokenLedger } from './token-ledger.ts';

export const OPERATOR = 'operator-token-0123456789';

/** Two gateways and a command line that share one state folder. Their issuer gives out single-use refresh tokens. */
export class Drill implements AsyncDisposable {
  readonly ledger = new TokenLedger();
  readonly gateways: GatewayProcess[] = [];
  readonly outputs: string[] = [];
  readonly #servers: ProtectedMcpServer[] = [];
  readonly #ids: readonly string[];
  readonly #stack = new AsyncDisposableStack();
  /** Holds the state folder, and the folder for files that the processes leave behind. */
  readonly folder = this.#stack.use(new TempDir()).path;
  readonly #tmpDir = join(this.folder, 'tmp');
  readonly #env = { T_OPERATOR: OPERATOR, TMPDIR: this.#tmpDir };
  #args: readonly string[] = [];
  /** Time in ms that it took after each login until every gateway had the connector. */
  readonly upAfterMs: number[] = [];
  /** Number of logins by a user. */
  logins = 0;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
    mkdirSync(this.#tmpDir);
  }

  async start(tokenTtlSeconds: number): Promise<this> {
    const { intercept } = this.ledger;
    const issuer = this.#stack.use(await AuthorizationServer.start({ tokenTtlSeconds, intercept }));
    const entries: Record<string, object> = {};
    for (const id of this.#ids) {
      const server = this.#stack.use(await ProtectedMcpServer.start({ issuer: issuer.issuer }));
      this.#servers.push(server);
      entries[id] = { url: server.url };
    }
    const file = this.#stack.use(new LocalFile(entries));
    this.#args = ['--config', file.path, '--state-dir', join(this.folder, 'state'), '--verbose'];
    const serve = ['serve', '--port', '0', '--json', '--operator-token-env', 'T_OPERATOR', ...this.#args];
    for (let count = 0; count < 2; count += 1)
      this.gateways.push(this.#stack.use(new GatewayProcess(serve, this.#env, this.#ids)));
    await Promise.all(this.gateways.map((each) => each.listening()));
    await Promise.all(this.#ids.map((id) => this.logIn(id)));
    return this;
  }

  /** Logs a user in with the command line and a scripted browser. Resolves once all gateways have the connector. */
  async logIn(id: string): Promise<void> {
    this.logins += 1;
    const login = startCli(['auth', 'login', id, '--no-browser', ...this.#args], { env: this.#env, keepsStdin: true });
    await new ScriptedBrowser().follow(await printedAddress(login));
    const ended = await login.ended;
    this.#keep(ended);
    expect(ended.code, ended.stderr).toBe(0);
    const at = this.#ids.indexOf(id);
    const loggedInMs = performance.now();
    await eventually(
      `${id} is up everywhere`,
      async () => (await this.states()).every((s) => s[at] === 'ready'),
      10_000,
    );
    this.upAfterMs.push(performance.now() - loggedInMs);
  }

  states(): Promise<readonly (readonly string[])[]> {
    return Promise.all(this.gateways.map((each) => each.states()));
  }

  /** Kills a gateway at this moment of its next refresh, or at a random moment, and restarts it. */
  async kill(moment: Moment | 'any'): Promise<void> {
    const victim = moment === 'any' ? await this.#anyTime('SIGKILL') : await this.hit(moment, 'SIGKILL');
    await victim.restart();
  }

  /** Sends a signal to the gateway that refreshes next, at a moment of the refresh. Resolves with that gateway. */
  async hit(moment: Moment, signal: 'SIGKILL' | 'SIGSTOP'): Promise<GatewayProcess> {
    const { promise, resolve } = Promise.withResolvers<GatewayProcess>();
    this.ledger.plan(moment, (connection) => {
      const victim = this.gateways.find(({ pid }) => hasSocket(pid, connection)) ?? this.#any();
      this.#signal(victim, signal);
      resolve(victim);
    });
    return promise;
  }

  #any(): GatewayProcess {
    return this.gateways[Math.floor(Math.random() * this.gateways.length)] as GatewayProcess;
  }

  async #anyTime(signal: 'SIGKILL'): Promise<GatewayProcess> {
    await sleep(Math.random() * 1_000);
    const victim = this.#any();
    this.#signal(victim, signal);
    return victim;
  }

  /** Sends a signal to a gateway. It is then unknown whether the gateway has stored the latest answer. */
  #signal(victim: GatewayProcess, signal: 'SIGKILL' | 'SIGSTOP'): void {
    const { pid } = victim;
    freeze(pid);
    for (const presented of this.ledger.recent()) if (hasSocket(pid, presented)) presented.wasHit = true;
    victim.signal(signal);
  }

  /** Waits until both gateways agree on which logins are lost, and then logs a user in to those connectors again. */
  async mend(): Promise<void> {
    await eventually('all connectors are up or need a login, everywhere alike', async () => {
      const [one, two] = await this.states();
      return (
        JSON.stringify(one) === JSON.stringify(two) && one?.every((s) => s === 'ready' || s === 'needs-login') === true
      );
    });
    const [states = []] = await this.states();
    for (const each of this.gateways) await each.showAll();
    await Promise.all(this.#ids.filter((_, at) => states[at] === 'needs-login').map((id) => this.logIn(id)));
  }

  /** Number of responses of the connectors' servers that required a login. */
  get refusedRequests(): number {
    return this.#servers.flatMap(({ statuses }) => statuses).filter((status) => status === 401).length;
  }

  /** Responses that gateways sent to clients instead of results. */
  get refusals(): readonly Refusal[] {
    return this.gateways.flatMap((each) => each.refusals);
  }

  /** Ends the gateways. Returns all output and the content of every remaining file, by name. */
  async everything(): Promise<ReadonlyMap<string, string>> {
    for (const each of this.gateways) await each[Symbol.asyncDispose]();
    const all = new Map(filesBelow(this.folder));
    for (const [at, gateway] of this.gateways.entries()) all.set(`gateway ${at}`, gateway.outputs.join('\n'));
    all.set('refusals', this.refusals.map(({ text }) => text).join('\n'));
    all.set('commands', this.outputs.join('\n'));
    return all;
  }

  /** Runs the other commands and records their output. */
  async report(): Promise<void> {
    const commands = [
      ['auth', 'status', '--json'],
      ['status', '--json'],
      ['doctor', '--json'],
      ['tools', '--json'],
    ];
    const run = (command: readonly string[]) => runCli([...command, ...this.#args], { env: this.#env });
    for (const ended of await Promise.all(commands.map(run))) this.#keep(ended);
    for (const each of this.gateways) await each.showAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }

  #keep({ stdout, stderr }: Ended): void {
    this.outputs.push(stdout, stderr);
  }
}

/** Returns the bytes of all files below a folder, as Latin-1, by their path. */
function filesBelow(folder: string): readonly (readonly [string, string])[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => [path, readFileSync(path, 'latin1')]);
}
