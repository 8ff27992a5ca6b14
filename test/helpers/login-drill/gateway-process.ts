import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningCli, startCli } from '../cli.ts';
import { eventually } from '../eventually.ts';
import { type OpenStream, openStream, postLegacy } from '../mcp-post.ts';

/** A response that a client got instead of a result. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** A `serve` process that is killed and restarted, with a client that calls all its connectors continuously. */
export class GatewayProcess implements AsyncDisposable {
  readonly #args: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #connectorIds: readonly string[];
  #cli: RunningCli;
  #mcp: string | null = null;
  #events: OpenStream | null = null;
  #calling: Promise<unknown> = Promise.resolve();
  #isOver = false;
  #isDying = false;
  /** Number of calls with a result. */
  served = 0;
  /** All other responses. */
  readonly refusals: Refusal[] = [];
  /** The exit code and the last output for each time that the process ended although the drill had not killed it. */
  readonly crashes: string[] = [];
  /** All output of the process, across restarts. */
  readonly outputs: string[] = [];

  constructor(args: readonly string[], env: NodeJS.ProcessEnv, connectorIds: readonly string[]) {
    this.#args = args;
    this.#env = env;
    this.#connectorIds = connectorIds;
    this.#cli = this.#start();
  }

  get pid(): number {
    return this.#cli.child.pid ?? 0;
  }

  /** Resolves once the gateway listens and its client is running. */
  async listening(): Promise<void> {
    const { seen } = this.#cli;
    await eventually('it listens', () => seen.stdout.includes('\n'), 30_000);
    const { mcp } = JSON.parse(seen.stdout) as { mcp: string };
    this.#mcp = mcp;
    const headers = { authorization: `Bearer ${this.#env.T_OPERATOR}` };
    this.#events = await openStream(new URL('/status/events', mcp).href, { headers });
    this.#calling = Promise.all(this.#connectorIds.map((id) => this.#callAgain(mcp, id)));
  }

  /** Returns the state of each connector, as reported by the status page. */
  async states(): Promise<readonly string[]> {
    const { connectors } = JSON.parse(await this.#get('/status.json')) as {
      connectors: { rows: { id: string; state: string }[] };
    };
    return this.#connectorIds.map((id) => connectors.rows.find((one) => one.id === id)?.state ?? 'absent');
  }

  /** Sends a signal immediately, whatever the process is doing at that moment. */
  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    if (name === 'SIGKILL') this.#isDying = true;
    this.#cli.child.kill(name);
  }

  /** Restarts the process after it was killed. */
  async restart(): Promise<void> {
    await this.#gone();
    this.#isDying = false;
    this.#cli = this.#start();
    await this.listening();
  }

  /** Records the content of the status page, its JSON data, the metrics and the readiness check. */
  async showAll(): Promise<void> {
    for (const path of ['/', '/status.json', '/metrics', '/readyz']) this.outputs.push(await this.#get(path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.signal('SIGKILL');
    await this.#gone();
  }

  #start(): RunningCli {
    const cli = startCli(this.#args, { env: this.#env, keepsStdin: true, cwd: this.#env.TMPDIR ?? '.' });
    void cli.ended.then(({ code }) => {
      if (!this.#isDying) this.crashes.push(`${code}: ${cli.seen.stderr.slice(-2_000)}`);
    });
    return cli;
  }

  async #gone(): Promise<void> {
    const { seen, ended } = this.#cli;
    await ended;
    this.#mcp = null;
    await this.#calling;
    this.outputs.push(seen.stdout, seen.stderr, JSON.stringify(this.#events?.messages ?? []));
    await this.#events?.[Symbol.asyncDispose]();
    this.#events = null;
  }

  async #get(path: string): Promise<string> {
    const headers = { authorization: `Bearer ${this.#env.T_OPERATOR}` };
    const response = await fetch(new URL(path, this.#mcp ?? ''), { headers });
    return response.text();
  }

  async #callAgain(mcp: string, id: string): Promise<void> {
    while (!this.#isOver && this.#mcp === mcp) {
      try {
        const { status, result, error, headers } = await postLegacy(mcp, 'tools/call', { name: `${id}__whoami` });
        if (status === 200 && result !== undefined && result.isError !== true) this.served += 1;
        else this.refusals.push({ status, text: JSON.stringify([result, error, [...headers]]) });
      } catch (error) {
        // A call that fails because the drill has killed the process is not recorded.
        if (!this.#isDying) this.refusals.push({ status: 0, text: String(error) });
        return;
      }
      await sleep(20);
    }
  }
}
