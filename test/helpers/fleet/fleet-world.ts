import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { ManagerOptions } from '../../../src/main/options/manager-options.ts';
import { eventually } from '../eventually.ts';
import { keepEvidence, secret } from '../evidence.ts';
import { KEY } from '../signed-map.ts';
import { FleetHosts, type HostReport, type HostsConfig, type LoggedFields } from './fleet-hosts.ts';
import type { HostMessage, HostOrder } from './host-process.ts';

export const FLEET_ID = 'tests';
export const FLEET_SECRET = secret('the fleet of the tests, 32 characters');

/** Time limit for events that happen much sooner unless the machine is busy. */
const LONG_MS = 30_000;

/** The state of a host as far as a test can observe it. */
export class HostView {
  readonly name: string;
  generatedAtMs: number | null = null;
  ids: readonly string[] = [];
  /** When the host reported its current map, in epoch ms. */
  at = 0;
  /** `starting`, `leading`, `following` or `alone`. */
  state = 'starting';
  readonly logs: LoggedFields[] = [];
  /** Syncs of the host that have finished, oldest first. */
  readonly syncs: { readonly code: string | null; readonly tookMs: number }[] = [];

  constructor(name: string) {
    this.name = name;
  }

  hear(report: HostReport): void {
    if (report.kind === 'map') {
      this.generatedAtMs = report.generatedAtMs;
      this.ids = report.ids;
      this.at = report.at;
    } else if (report.kind === 'synced') this.syncs.push(report);
    else {
      keepEvidence('log', report);
      this.logs.push(report.fields);
      if (report.fields.event === 'fleet-map') this.state = report.fields.state ?? '';
    }
  }

  /** Describes the state and the last log lines of the host, for the output of a failing test. */
  summary(): string {
    const lines = this.logs.slice(-12).map(({ event, code, state }) => [event, code, state].filter(Boolean).join(' '));
    return `${this.name}: ${this.state}, map of ${this.generatedAtMs}; ${lines.join(', ')}`;
  }

  logged(event: string): readonly LoggedFields[] {
    return this.logs.filter((line) => line.event === event);
  }
}

/** The hosts of one process, which is either this process or a child process. */
export interface HostGroup extends AsyncDisposable {
  readonly views: readonly HostView[];
  /** Resolves once every host has ended its first sync. */
  readonly started: Promise<void>;
  sync(host: number, force: boolean): Promise<void>;
}

export type WorldOptions = Partial<Omit<HostsConfig, 'fleet'>> & {
  readonly url: string;
  /** URL of the Redis server; null for hosts without a fleet. */
  readonly redis: string | null;
  readonly fleet?: Partial<NonNullable<ManagerOptions['fleet']>>;
};

function hostsConfig({ redis, fleet, ...options }: WorldOptions): HostsConfig {
  const own = redis === null ? null : { url: redis, id: FLEET_ID, secrets: [FLEET_SECRET] as const, ...fleet };
  const shared = {
    count: 1,
    intervalMs: 10_000,
    clockAheadMs: 0,
    startWithinMs: 0,
    offload: 'never' as const,
    isQuiet: false,
  };
  return { ...shared, signatureKey: KEY, jwks: null, ...options, fleet: own };
}

/** Starts hosts in this process. */
export function hostsHere(name: string, options: WorldOptions): HostGroup {
  const config = hostsConfig(options);
  const views = viewsOf(name, config);
  const hosts = new FleetHosts(config, (report) => views[report.host]?.hear(report));
  return {
    views,
    started: hosts.start(),
    sync: async (host, force) => void (await hosts.sync(host, force)),
    [Symbol.asyncDispose]: () => hosts.close(),
  };
}

/** A child process with hosts. It can be killed, paused and resumed. */
export class HostProcess implements HostGroup {
  readonly views: readonly HostView[];
  readonly started: Promise<void>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(message: HostMessage) => void>();

  constructor(name: string, options: WorldOptions) {
    const config = hostsConfig(options);
    this.views = viewsOf(name, config);
    const file = new URL('./host-process.ts', import.meta.url).pathname;
    this.#child = fork(file, [], { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (message: HostMessage) => {
      if ('host' in message) this.views[message.host]?.hear(message);
      for (const listener of this.#listeners) listener(message);
    });
    this.started = this.#whenSaid((message) => message.kind === 'started').then(() => {});
    this.#order({ kind: 'start', config });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async sync(host: number, force: boolean): Promise<void> {
    const synced = this.#whenSaid((message) => message.kind === 'synced' && message.host === host);
    this.#order({ kind: 'sync', host, force });
    await synced;
  }

  /** Returns the event loop delays of the process since the previous call, in milliseconds, and its memory use. */
  async delay(): Promise<Extract<HostMessage, { kind: 'delay' }>> {
    const said = this.#whenSaid((message) => message.kind === 'delay');
    this.#order({ kind: 'delay' });
    return (await said) as Extract<HostMessage, { kind: 'delay' }>;
  }

  /** Kills the process with SIGKILL. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const hasEnded = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await hasEnded;
  }

  /** Pauses the process with SIGSTOP. {@link wake} resumes it. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.#child.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wake();
    await this.kill();
  }

  #order(order: HostOrder): void {
    if (this.#child.connected) this.#child.send(order);
  }

  #whenSaid(isIt: (message: HostMessage) => boolean): Promise<HostMessage> {
    return new Promise((resolve) => {
      const listener = (message: HostMessage): void => {
        if (!isIt(message)) return;
        this.#listeners.delete(listener);
        resolve(message);
      };
      this.#listeners.add(listener);
    });
  }
}

/** Resolves once each host has the map with this `generatedAt`. On timeout, rejects with summaries of the hosts. */
export async function allHave(views: readonly HostView[], generatedAtMs: number, withinMs = LONG_MS): Promise<void> {
  const have = (): boolean => views.every((view) => view.generatedAtMs === generatedAtMs);
  await eventually(`all hosts have the map of ${generatedAtMs}`, have, withinMs).catch((cause: Error) => {
    throw new Error(`${cause.message}\n${views.map((view) => view.summary()).join('\n')}`, { cause });
  });
}

/** Resolves with the leading host once exactly one host leads. */
export async function leaderOf(views: readonly HostView[], withinMs = LONG_MS): Promise<HostView> {
  const leading = (): readonly HostView[] => views.filter(({ state }) => state === 'leading');
  await eventually('one host leads and the others follow', () => leading().length === 1, withinMs);
  const [leader] = leading();
  if (leader === undefined) throw new Error('No host leads any more');
  return leader;
}

function viewsOf(name: string, { count }: HostsConfig): readonly HostView[] {
  return Array.from({ length: count }, (_, index) => new HostView(`${name}-${index}`));
}
