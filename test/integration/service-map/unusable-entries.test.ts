import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConnectorServiceMap } from '../../../src/main/index.ts';
import { getConnectorMetricsRegistry } from '../../../src/main/observability/instruments.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { counterOf, mapNow } from '../../helpers/map-under-test.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { entry, KEY } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const FORBIDDEN = ['host', 'Content-Length', 'transfer-encoding', 'connection', 'upgrade', 'te', 'expect'];

const gauge = async (): Promise<number> => {
  const metric = await getConnectorMetricsRegistry().getSingleMetric('mcp_service_map_unusable_entries')?.get();
  return metric?.values[0]?.value ?? -1;
};

// Full verification on the main thread, and incremental verification on a worker thread.
describe.each(['never', 'always'] as const)('unusable map entries (offload: %s)', (offload) => {
  it('a map entry that sets a header of the connection is left out and gets no request, and other entries work', async () => {
    await using server = await RawMcpServer.start();
    const endpoint = server.url.href;
    const bad = FORBIDDEN.map((name, i) => entry(`bad${i}`, { endpoint, headers: { [name]: 'evil.example' } }));
    await using it = await manage([entry('good', { endpoint }), ...bad], { offload });
    const alarms = await counterOf('mcp_service_map_alarms_total', { code: 'MAP_ENTRY_UNUSABLE' });
    await it.manager.sync();
    expect(it.manager.listConnectors().map(({ id }) => id)).toEqual(['good']);
    expect(it.manager.listTools().map(({ name }) => name)).toEqual(['good.echo']);
    expect(JSON.stringify(server.requests.map(({ headers }) => headers))).not.toContain('evil.example');
    const { serviceMap } = it.manager.status();
    expect(serviceMap).toMatchObject({ connectorCount: 1, unusableEntryCount: FORBIDDEN.length, lastError: null });
    expect(serviceMap.unusableEntries[0]).toEqual({ id: 'bad0', reason: expect.stringContaining('headers.host') });
    const warnings = it.lines.filter(({ fields }) => (fields as { code?: string }).code === 'MAP_ENTRY_UNUSABLE');
    expect(warnings).toHaveLength(FORBIDDEN.length);
    expect(await gauge()).toBe(FORBIDDEN.length);
    expect(await counterOf('mcp_service_map_alarms_total', { code: 'MAP_ENTRY_UNUSABLE' })).toBe(alarms + 1);
    await expect(it.manager.callTool('bad0.echo', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
  });

  it('an unusable map entry is left out, and comes back with a newer map without changes to other entries', async () => {
    await using server = await RawMcpServer.start();
    const endpoint = server.url.href;
    const [a, good] = [entry('a', { endpoint }), { ...entry('b', { endpoint }), headers: { 'x-b': '1' } }];
    const bad = { ...good, auth: { type: 'mtls', issuer: 'https://login.example.com' } };
    await using it = await manage([a, good], { offload });
    const changes: unknown[] = [];
    it.manager.on('snapshot', ({ added, changed, removed }) => changes.push({ added, changed, removed }));
    const tools = () => it.manager.listTools().map(({ name }) => name);
    await it.manager.sync();
    expect(tools()).toEqual(['a.echo', 'b.echo']);
    await it.publish([a, bad]);
    expect([tools(), it.manager.status().serviceMap.unusableEntries]).toEqual([
      ['a.echo'],
      [{ id: 'b', reason: 'auth.type "mtls" is not supported by this host' }],
    ]);
    await it.publish([a, { ...bad, description: 'changed, and as unusable as before' }]);
    await it.publish([a, good]);
    expect([tools(), it.manager.status().serviceMap.unusableEntryCount]).toEqual([['a.echo', 'b.echo'], 0]);
    await it.publish([a, bad, entry('c', { endpoint, auth: { type: 'mtls' } })]);
    await it.publish([a]);
    expect([tools(), it.manager.status().serviceMap.unusableEntryCount]).toEqual([['a.echo'], 0]);
    expect(changes).toEqual([
      { added: ['a', 'b'], changed: [], removed: [] },
      { added: [], changed: [], removed: ['b'] },
      { added: [], changed: [], removed: [] },
      { added: ['b'], changed: [], removed: [] },
      { added: [], changed: [], removed: ['b'] },
      { added: [], changed: [], removed: [] },
    ]);
    expect(it.lines.filter(({ fields }) => (fields as { event: string }).event === 'map-entry-unusable')).toHaveLength(
      3,
    );
  });

  it('a map entry with an invalid login is left out until a newer map corrects the login', async () => {
    await using server = await RawMcpServer.start();
    const endpoint = server.url.href;
    const a = entry('a', { endpoint });
    const b = (oauth: unknown) => entry('b', { endpoint, oauth });
    await using it = await manage([a, b({ clientId: 'id', clientSecretEnv: 'HOME', grant: 'password' })], { offload });
    const state = () => [
      it.manager.listConnectors().map(({ id }) => id),
      it.manager.status().serviceMap.unusableEntries,
    ];
    await it.manager.sync();
    const why = 'must be authorization_code or client_credentials';
    expect(state()).toEqual([['a'], [{ id: 'b', reason: `oauth.grant ${why}` }]]);
    await it.publish([a, b({ clientId: 'id', clientSecret: 'in a map' })]);
    expect(state()).toEqual([['a'], [{ id: 'b', reason: expect.stringContaining('oauth.clientSecret would be') }]]);
    expect(JSON.stringify([it.manager.status(), it.lines])).not.toContain('in a map');
    await it.publish([a, b({ clientId: 'id', scopes: ['read'], later: { kept: true } })]);
    expect(state()).toEqual([['a', 'b'], []]);
    const entryOfB = it.manager.listConnectors().find(({ id }) => id === 'b');
    expect(entryOfB?.oauth).toEqual({ clientId: 'id', scopes: ['read'], later: { kept: true } });
    await it.publish([a, b([])]);
    expect(state()).toEqual([['a'], [{ id: 'b', reason: 'oauth must be an object, or false for no login' }]]);
    await it.publish([a, entry('b', { endpoint, auth: { type: 'oauth', clientId: 'id' } })]);
    expect(state()).toEqual([['a', 'b'], []]);
  });

  it('a map entry whose `auth.type` is not a string makes the whole map invalid', async () => {
    const bad = entry('b', { auth: { type: ['bearer'] } });
    await using it = await manage([entry('a', { status: 'disabled' }), bad], { offload });
    await expect(it.manager.sync()).rejects.toMatchObject({ code: 'MAP_SCHEMA' });
  });
});

it('an unusable entry of a stored map is left out after a restart too', async () => {
  using dir = new TempDir();
  await using server = await RawMcpServer.start();
  const endpoint = server.url.href;
  const connectors = [entry('a', { endpoint }), entry('b', { endpoint, headers: { host: 'evil.example' } })];
  await using before = await manage(connectors, { stateDir: dir.path });
  await before.manager.sync();
  await before.manager.close();
  before.server.fail();
  await using after = await manage([], { stateDir: dir.path, serviceMapUrl: before.server.url });
  await after.manager.sync();
  expect(after.manager.listConnectors().map(({ id }) => id)).toEqual(['a']);
  expect(after.manager.status().serviceMap).toMatchObject({ freshness: 'stale', unusableEntryCount: 1 });
});

it('loadConnectorServiceMap() leaves unusable entries out of the map', async () => {
  await using server = await MapServer.start(mapNow([entry('a'), entry('b', { auth: { type: 'mtls' } })]));
  const { payload } = await loadConnectorServiceMap({ serviceMapUrl: server.url, signatureKey: KEY });
  expect(payload.connectors.map(({ id }) => id)).toEqual(['a']);
});

it('`status`, `doctor` and `verify` name a map entry that was left out, and the reason', async () => {
  using dir = new TempDir();
  await using server = await RawMcpServer.start();
  const endpoint = server.url.href;
  const map = mapNow([entry('a', { endpoint }), entry('b', { endpoint, headers: { Host: 'evil.example' } })]);
  await using maps = await MapServer.start(map);
  const env = { CONNECTORS_SIGNATURE_KEY: KEY };
  const file = join(dir.path, 'map.json');
  writeFileSync(file, map);
  const [status, doctor, verify] = await Promise.all([
    runCliHere(['status', '--service-map', maps.url, '--no-state'], { env }),
    runCliHere(['doctor', '--service-map', maps.url, '--no-state'], { env }),
    runCliHere(['verify', file], { env }),
  ]);
  for (const { code, stdout } of [status, doctor, verify]) {
    expect([code, stdout]).toEqual([0, expect.stringMatching(/b (is|will be) left out: headers\.Host/)]);
    expect(stdout).not.toContain('evil.example');
  }
});
