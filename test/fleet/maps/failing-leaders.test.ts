import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { answerOf, MAP_NAME, MapHost, mapKeys, mapOf } from '../../helpers/fleet/map-host.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';

const PROGRAM = fileURLToPath(new URL('../../fixtures/fleet/leading-host.ts', import.meta.url));

/** A host in its own process, which can be killed and stopped. */
class HostProcess {
  readonly lines: { readonly kind?: string; readonly outcome?: string }[] = [];
  readonly #child: ChildProcess;

  constructor(port: number, hostId: string) {
    this.#child = spawn(process.execPath, [PROGRAM, `${port}`, hostId], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout !== null)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(JSON.parse(line)));
  }

  get kinds(): readonly (string | undefined)[] {
    return this.lines.map(({ kind }) => kind);
  }

  async leads(): Promise<void> {
    await eventually('the process leads', () => this.kinds.includes('map-leading'), 20_000);
  }

  publish(generation: number): void {
    this.#child.stdin?.write(`publish ${generation}\n`);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const hasEnded = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await hasEnded;
  }
}

describe.skipIf(!hasRedis)('a leader that is killed or stopped', () => {
  let server: RedisServer;
  let leader: HostProcess;
  let follower: MapHost;

  beforeEach(async () => {
    server = await RedisServer.start();
    leader = new HostProcess(server.port, 'leader');
    await leader.leads();
    follower = await MapHost.follow(server.port, 'follower');
    await eventually('it receives news of the leader', () => follower.count('map-heard') > 0);
  });
  afterEach(async () => {
    await leader.end();
    await follower.close();
    await server[Symbol.asyncDispose]();
  });

  it('a leader that is killed is replaced within 2.5 s', async () => {
    leader.signal('SIGKILL');
    await follower.leads(2_500);
  });

  it('a leader that was stopped for longer than its lease can no longer publish, and becomes a follower', async () => {
    leader.publish(1_000);
    await follower.hears(mapOf(1_000));
    leader.signal('SIGSTOP');
    await follower.leads(3_000);
    await follower.hold(mapOf(1_000));
    expect(await follower.publish(mapOf(2_000))).toBe('done');
    // The command waits in the pipe. The stopped process reads it first when it continues.
    leader.publish(3_000);
    leader.signal('SIGCONT');
    await eventually('it is refused', () => leader.lines.some(({ outcome }) => outcome === 'fenced'), 5_000);
    await eventually('it follows', () => leader.kinds.includes('map-following'));
    expect(answerOf(await follower.api.readHead(MAP_NAME))).toMatchObject({ generatedAtMs: 2_000, by: 'follower' });
    expect(String(await server.do('GET', mapKeys.lease))).toBe('follower:2');
    await eventually('it hears the news', () => leader.kinds.includes('map-news'));
  });
});
