import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectorProxyManager, type StartedLogin } from '../../../src/main/index.ts';
import type { FleetOptions } from '../../../src/main/options/fleet-options.ts';
import { eventually } from '../eventually.ts';
import { LocalFile } from '../local-file.ts';
import { TokenLedger } from '../login-drill/token-ledger.ts';
import { AuthorizationServer } from '../logins/authorization-server.ts';
import { REDIRECT } from '../logins/log-in.ts';
import { loginActions } from '../logins/login-actions.ts';
import { LoginProcess } from '../logins/login-process.ts';
import { ProtectedMcpServer } from '../logins/protected-mcp-server.ts';
import { ScriptedBrowser } from '../logins/scripted-browser.ts';
import { TempDir } from '../temp-dir.ts';
import { RedisServer } from './redis-server.ts';

const SECRET = 'the secret of a fleet of tests, long enough';

export interface LoginFleetOptions {
  /** Ids of the connectors. Defaults to `crm`. */
  readonly ids?: readonly string[];
  readonly tokenTtlSeconds?: number;
  readonly logins?: 'own' | 'shared';
}

export interface HostSettings {
  /** Whether the host is a separate process, which can be killed and stopped. Defaults to false. */
  readonly isProcess?: boolean;
  /** Whether the host has a state folder. If false (the default), the host keeps its logins in memory. */
  readonly hasDisk?: boolean;
  readonly fleet?: Partial<FleetOptions>;
}

/** One host of the fleet. */
export interface LoginHost extends AsyncDisposable {
  readonly name: string;
  readonly settings: HostSettings;
  /** See {@link LoginProcess.ask}. */
  ask<T>(action: string, argument?: string): Promise<T>;
  /** Null for a host in the test's process. */
  readonly process: LoginProcess | null;
}

/**
 * Hosts with the same connectors, whose issuer gives out single-use refresh tokens. A host has either its own state
 * folder or none.
 */
export class LoginFleet implements AsyncDisposable {
  readonly ids: readonly string[];
  readonly ledger = new TokenLedger();
  readonly hosts: LoginHost[] = [];
  readonly #options: LoginFleetOptions;
  readonly #stack = new AsyncDisposableStack();
  readonly #folder = this.#stack.use(new TempDir()).path;
  #redis: RedisServer | null = null;
  #issuer: AuthorizationServer | null = null;
  #file: LocalFile | null = null;

  private constructor(options: LoginFleetOptions) {
    this.#options = options;
    this.ids = options.ids ?? ['crm'];
  }

  static async start(options: LoginFleetOptions = {}): Promise<LoginFleet> {
    const fleet = new LoginFleet(options);
    const { tokenTtlSeconds = 3_600 } = options;
    fleet.#redis = fleet.#stack.use(await RedisServer.start());
    const { intercept } = fleet.ledger;
    fleet.#issuer = fleet.#stack.use(await AuthorizationServer.start({ tokenTtlSeconds, intercept }));
    const entries: Record<string, object> = {};
    for (const id of fleet.ids) {
      const server = fleet.#stack.use(await ProtectedMcpServer.start({ issuer: fleet.#issuer.issuer }));
      entries[id] = { url: server.url };
    }
    fleet.#file = fleet.#stack.use(new LocalFile(entries));
    return fleet;
  }

  get redis(): RedisServer {
    return this.#redis as RedisServer;
  }

  get issuer(): AuthorizationServer {
    return this.#issuer as AuthorizationServer;
  }

  get options(): FleetOptions {
    const { logins = 'shared' } = this.#options;
    return { url: this.redis.url, id: 'logins', secrets: [SECRET], logins };
  }

  /** Starts `count` hosts. Resolves once each host has tried to connect to its connectors. */
  async add(count: number, settings: HostSettings = {}): Promise<readonly LoginHost[]> {
    const added = Array.from({ length: count }, (_, index) =>
      this.#launch(`host-${this.hosts.length + index}`, settings),
    );
    this.hosts.push(...added);
    await Promise.all(added.map((host) => host.ask('sync')));
    return added;
  }

  /** Kills a host, whatever it is doing, and restarts it with the same state folder. */
  async restart(host: LoginHost): Promise<LoginHost> {
    await host[Symbol.asyncDispose]();
    const again = this.#launch(host.name, host.settings);
    this.hosts.splice(this.hosts.indexOf(host), 1, again);
    await again.ask('sync');
    return again;
  }

  /** Starts a login to a connector at `host`, and finishes it at the host `finisher`. */
  async logIn(host: LoginHost | undefined, id = 'crm', finisher = host): Promise<void> {
    const { authorizationUrl } = (await host?.ask<StartedLogin>('start', id)) ?? { authorizationUrl: '' };
    const came = await new ScriptedBrowser().follow(authorizationUrl, { stopAt: REDIRECT.redirectUrl });
    await finisher?.ask('finish', new URL(came.url).search);
  }

  /** Returns the state of a connector at each of these hosts. */
  states(id = 'crm', hosts: readonly LoginHost[] = this.hosts): Promise<readonly unknown[]> {
    return Promise.all(hosts.map((host) => host.ask('state', id)));
  }

  /** Resolves with the milliseconds until a connector has reached this state at each of these hosts. */
  async reaches(
    state: string,
    {
      id = 'crm',
      hosts = this.hosts,
      withinMs = 30_000,
    }: { id?: string; hosts?: readonly LoginHost[]; withinMs?: number } = {},
  ): Promise<number> {
    const startedMs = performance.now();
    const are = async (): Promise<boolean> => (await this.states(id, hosts)).every((each) => each === state);
    await eventually(`${id} is ${state} at ${hosts.map(({ name }) => name).join()}`, are, withinMs);
    return performance.now() - startedMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.hosts.map((host) => host[Symbol.asyncDispose]()));
    await this.#stack[Symbol.asyncDispose]();
  }

  #launch(name: string, settings: HostSettings): LoginHost {
    const { isProcess = false, hasDisk = false } = settings;
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stateDir = hasDisk ? folder : '';
    const fleet = { ...this.options, ...settings.fleet };
    const configFile = this.#file?.path ?? '';
    return isProcess
      ? processHost({ name, settings, process: new LoginProcess(stateDir, configFile, fleet) })
      : managerHost({ name, settings }, new ConnectorProxyManager({ configFile, fleet, ...(hasDisk && { stateDir }) }));
  }
}

function processHost(host: Pick<LoginHost, 'name' | 'settings'> & { readonly process: LoginProcess }): LoginHost {
  const { process } = host;
  return {
    ...host,
    ask: (action, argument) => process.ask(action, argument),
    async [Symbol.asyncDispose]() {
      process.child.kill('SIGCONT');
      await process.kill();
    },
  };
}

function managerHost(host: Pick<LoginHost, 'name' | 'settings'>, manager: ConnectorProxyManager): LoginHost {
  const actions = loginActions(manager);
  return {
    ...{ ...host, process: null },
    ask: async <T>(action: string, argument = '') => (await actions[action]?.(argument)) as T,
    [Symbol.asyncDispose]: () => manager.close(),
  };
}
