import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { eventually } from '../../helpers/eventually.ts';
import { FLEET_SECRET, joinFleet } from '../../helpers/fleet/fleet-under-test.ts';
import { freePort } from '../../helpers/fleet/free-port.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import { expectDocument } from '../../helpers/json-documents/document-case.ts';
import { startedElsewhere } from '../../helpers/json-documents/started-elsewhere.ts';

interface Finding {
  readonly check: string;
  readonly outcome: string;
  readonly message: string;
}

function fleetCommand(url: string, name: string, ...more: readonly string[]) {
  const flags = ['--fleet', url, '--fleet-id', 'tests', '--fleet-secret-env', 'FLEET_SECRET'];
  return runCliHere(['fleet', name, ...flags, ...more], { env: { FLEET_SECRET } });
}

async function checkOf(url: string): Promise<{ code: number | null; findings: ReadonlyMap<string, Finding> }> {
  const { code, stdout } = await fleetCommand(url, 'check', '--json');
  const { findings } = JSON.parse(stdout) as { readonly findings: readonly Finding[] };
  return { code, findings: new Map(findings.map((finding) => [finding.check, finding])) };
}

describe.skipIf(!hasRedis)('mcp-switchyard fleet', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('`fleet hosts` and `fleet status` show the hosts and maps of a fleet, and do not join it as a host', async () => {
    await using one = joinFleet(server, { address: 'http://127.0.0.1:8080' });
    await using reader = joinFleet(server, { role: 'reader' });
    const map = { name: 'm', sourceId: 'main', generatedAtMs: 2_000, isLeading: true, sha256: 'ab'.repeat(32) };
    one.fleet.announceMap(map);
    reader.fleet.announceMap({ ...map, isLeading: false, generatedAtMs: 1_000, sha256: 'cd'.repeat(32) });
    await eventually('both are known', () => one.fleet.hosts.length + reader.fleet.hosts.length === 2);
    await eventually('the maps are announced', () => one.fleet.hosts[0]?.maps.length === 1);
    const hosts = await fleetCommand(server.url, 'hosts');
    expect(hosts).toMatchObject({ code: 0, stderr: '' });
    for (const text of [one.fleet.hostId, reader.fleet.hostId, 'http://127.0.0.1:8080', 'abababab (leads)', 'cdcdcdcd'])
      expect(hosts.stdout).toContain(text);
    const status = await fleetCommand(server.url, 'status', '--json');
    expect(status.code).toBe(1);
    expect(JSON.parse(status.stdout)).toMatchObject({
      error: { code: 'CHECK_FAILED', message: 'main: 1 of 2 hosts have its newest version' },
      ...{ ok: false, id: 'tests', hosts: 2, roles: { any: 1, reader: 1 } },
      maps: [{ sourceId: 'main', sha256: map.sha256, leader: one.fleet.hostId, hosts: 2, current: 1 }],
    });
    expect((await fleetCommand(server.url, 'status')).stdout).toContain('1 of 2');
    expect(reader.fleet.status()).toMatchObject({ lagMs: 1_000, hosts: [{ isThis: true }, { isThis: false }] });
    expect(one.fleet.hosts).toHaveLength(1);
  });

  it('each `fleet` command with `--json` prints a single JSON document', async () => {
    await using one = joinFleet(server);
    one.fleet.announceMap({
      ...{ name: 'm', sourceId: 'main', generatedAtMs: 2_000, isLeading: true, sha256: 'ab'.repeat(32) },
    });
    await eventually('the map is announced', async () =>
      (await fleetCommand(server.url, 'hosts')).stdout.includes('leads'),
    );
    for (const name of ['status', 'hosts', 'check'] as const)
      expectDocument(await fleetCommand(server.url, name, '--json'), startedElsewhere(`fleet ${name}`));
  });

  it('`fleet check` accepts a healthy Redis server, and notes settings that may be risky', async () => {
    const { code, findings } = await checkOf(server.url);
    expect(code).toBe(0);
    expect([...findings.values()].map(({ check, outcome }) => [check, outcome])).toEqual([
      ...[
        ['server', 'ok'],
        ['latency', findings.get('latency')?.outcome],
        ['version', 'ok'],
        ['memory', 'ok'],
      ],
      ...[
        ['disk', 'note'],
        ['access', 'ok'],
        ['hosts', 'ok'],
      ],
    ]);
    await server.do('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    expect((await checkOf(server.url)).findings.get('memory')).toMatchObject({ outcome: 'note' });
    await server.do('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  });

  it('`fleet check` fails if a host of the fleet has another secret', async () => {
    await using stranger = joinFleet(server, { secrets: ['another secret, with at least 32 characters'] });
    await eventually('the stranger is in the roster', async () => {
      return (await server.do('ZSCORE', '{sw:tests}:hosts', stranger.fleet.hostId)) !== null;
    });
    const { code, findings } = await checkOf(server.url);
    expect(code).toBe(1);
    expect(findings.get('hosts')?.message).toContain('check the secret on all hosts');
    const hosts = await fleetCommand(server.url, 'hosts', '--json');
    expect(JSON.parse(hosts.stdout)).toEqual({ ok: true, hosts: [] });
    for (const { stderr } of [hosts, await fleetCommand(server.url, 'status')])
      expect(stderr).toContain('hosts with another secret are not shown');
  });

  it("`fleet` commands check the fleet's id and secret before they connect to the Redis server", async () => {
    const flags = ['fleet', 'hosts', '--fleet', server.url, '--fleet-secret-env', 'S', '--fleet-id'];
    const [badId, shortSecret] = [
      await runCliHere([...flags, 'a b{}'], { env: { S: 'x'.repeat(32) } }),
      await runCliHere([...flags, 'tests'], { env: { S: 'short' } }),
    ];
    expect([badId.code, badId.stderr]).toEqual([2, expect.stringContaining('fleet.id: must be 1 to 64 of')]);
    expect([shortSecret.code, shortSecret.stderr]).toEqual([2, expect.stringContaining('at least 32 characters')]);
  });

  it('`fleet` commands fail within seconds if the Redis server cannot be reached, and explain why', async () => {
    const url = `redis://127.0.0.1:${await freePort()}`;
    const { code, findings } = await checkOf(url);
    expect([code, findings.get('server')?.outcome]).toEqual([1, 'failed']);
    expect(findings.get('server')?.message).toContain('ECONNREFUSED');
    const hosts = await fleetCommand(url, 'hosts');
    expect(hosts.code).toBe(1);
    expect(hosts.stderr).toContain('FLEET_UNAVAILABLE');
  });

  it('`fleet` commands reject a password in the URL, and a missing `--fleet` option', async () => {
    const refused = await fleetCommand('redis://ann:word@127.0.0.1', 'check');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('SWITCHYARD_FLEET_PASSWORD');
    expect(refused.stderr).not.toContain('word@');
    const bare = await runCliHere(['fleet', 'hosts'], {});
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain('--fleet URL');
  });
});
