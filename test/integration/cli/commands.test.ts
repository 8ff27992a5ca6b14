import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killRunning, startCli } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { CLI_ENV, type CliWorld, startCliWorld } from '../../helpers/cli-world.ts';
import { eventually } from '../../helpers/eventually.ts';
import { secret } from '../../helpers/evidence.ts';
import { expectDocument } from '../../helpers/json-documents/document-case.ts';
import { startListing } from '../../helpers/listing-server.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { mapNow } from '../../helpers/map-under-test.ts';
import { entry } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

let world: CliWorld;
beforeAll(async () => {
  world = await startCliWorld();
});
afterAll(() => world[Symbol.asyncDispose]());
afterEach(killRunning);

const env = CLI_ENV;

describe('mcp-switchyard sync', () => {
  it('`sync` shows each connector and exits with 0 when all are ready', async () => {
    const { code, stdout, stderr } = await world.on(['sync']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/one\s+ready\s+modern\s+streamable-http\s+2/)]);
    expect(stdout).toContain('1 of 1 connector up, 2 tools; map fresh');
    expect(stderr).toContain('Service map of 1 connector (test) is verified');
  });

  it('`sync` prints one JSON document and nothing else with --json', async () => {
    const { code, stdout } = await world.on(['sync', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, toolCount: 2, connectors: [{ state: 'ready' }] }]);
  });

  it('`sync` exits with 1 when a connector is down, and says why', async () => {
    await using half = await MapServer.start(
      mapNow([entry('one', { endpoint: world.mcp.url }), entry('dead', { endpoint: 'http://127.0.0.1:1/' })]),
    );
    const { code, stdout } = await runCliHere(['sync', '--service-map', half.url], { env });
    expect([code, stdout]).toEqual([1, expect.stringContaining('CONNECTOR_CONNECT_FAILED')]);
    expect(stdout).toContain('1 of 2 connectors up');
  });

  it('`sync` reads URL, map token and connector key from the environment', async () => {
    await using server = await MapServer.start(mapNow([]));
    const { code } = await runCliHere(['sync', '--map-key-env', 'TOKEN'], {
      env: { ...env, CONNECTORS_SERVICE_MAP_URL: server.url, TOKEN: secret('map token') },
    });
    expect([code, server.requests[0]?.headers.authorization]).toEqual([0, `Bearer ${secret('map token')}`]);
  });

  it('`sync` shuts down cleanly, with a document, when it is interrupted', async () => {
    await using silent = await MapServer.start();
    silent.answer(() => {});
    const running = startCli(['sync', '--json', '--service-map', silent.url, '--timeout', '20000'], { env });
    await eventually('it has asked', () => silent.requests.length > 0);
    running.child.kill('SIGINT');
    expectDocument(await running.ended, { code: 130, error: 'CLOSED', members: [] });
  });
});

describe('mcp-switchyard tools and call', () => {
  it('`tools` lists tools without their terminal control characters', async () => {
    const { code, stdout } = await world.on(['tools']);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/one\.echo\s+Says it again/)]);
  });

  it('`tools` rejects an unknown connector, and suggests a similar id', async () => {
    const { code, stdout } = await world.on(['tools', '--connector', 'onne', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      error: { code: 'CONNECTOR_UNKNOWN', message: 'There is no connector onne. Did you mean one?' },
    });
    expect((await world.on(['tools', '--connector', 'elsewhere'])).stderr).toContain('`status` lists all of them');
  });

  it.each([
    [['one.echo', '{"text":"hi"}'], 0, 'echo hi\n'],
    [['one.fail'], 3, 'it broke\n'],
  ])('`call` with %j prints the result of the tool and exits with its code', async (args, expected, output) => {
    const { code, stdout } = await world.on(['call', ...args]);
    expect([code, stdout]).toEqual([expected, output]);
  });

  it('`call` reads arguments from stdin and prints the whole result with --json', async () => {
    const args = ['call', 'one.echo', '-', '--json', '--service-map', world.map.url];
    const { code, stdout } = await runCliHere(args, { env, stdin: '{"text":"in"}' });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { ok: true, tool: 'one.echo', result: { content: [{ text: 'echo in' }] } },
    ]);
  });

  it.each([
    [['call', 'one.nope'], 1, /^mcp-switchyard: TOOL_UNKNOWN: Connector one has no tool nope/m],
    [['call', 'one.echo', '[1]'], 2, /^mcp-switchyard: OPTIONS_INVALID: .*must be a JSON object/m],
    [
      ['tools', '--connector', 'one', '--', 'node'],
      2,
      /^mcp-switchyard: OPTIONS_INVALID: --connector cannot be combined/m,
    ],
    [['call', 'one.echo', '{'], 2, /^mcp-switchyard: OPTIONS_INVALID: .*not JSON/m],
  ])('`call` reports in one line what is wrong with %j', async (args, expected, line) => {
    const { code, stdout, stderr } = await world.on(args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(line);
  });
});

describe('mcp-switchyard status', () => {
  it('`status` shows the map, the store and the connectors, and the remembered map while the map server is down', async () => {
    using dir = new TempDir();
    await using server = await MapServer.start(mapNow([entry('one', { endpoint: world.mcp.url })]));
    const args = ['status', '--service-map', server.url, '--state-dir', dir.path];
    const first = await runCliHere(args, { env });
    expect([first.code, first.stdout]).toEqual([0, expect.stringContaining('signature verified')]);
    expect(first.stdout).toContain(`ready, ${dir.path}`);
    server.fail();
    const second = await runCliHere(args, { env });
    expect([second.code, second.stdout]).toEqual([1, expect.stringContaining('last refresh failed: MAP_HTTP_STATUS')]);
    expect(second.stdout).toContain('stale;');
    expect(second.stdout).toMatch(/one\s+ready/);
  });

  it('`status` names the tools that are left out of gateway lists, and why', async () => {
    const tools = [{ name: 'good' }, { name: 'bad \u202etool', inputSchema: { type: 'array' } }, null];
    await using server = await startListing({ tool: tools });
    using file = new LocalFile({ sloppy: { type: 'http', url: server.url.href } });
    const { code, stdout } = await runCliHere(['status', '--config', file.path], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('tool bad  tool of sloppy is left out: its input schema is invalid\n');
    expect(stdout).toContain('tool (no name) of sloppy is left out: it is not an object\n');
    const json = await runCliHere(['status', '--json', '--config', file.path], { env });
    expect(JSON.parse(json.stdout).connectors[0]).toMatchObject({ droppedDefinitionCount: 2 });
  });
});

describe('mcp-switchyard commands', () => {
  it.each<[string, readonly string[], NodeJS.ProcessEnv, number, RegExp]>([
    [
      'a missing map',
      ['sync'],
      env,
      2,
      /There is nothing to connect: give --service-map URL \(or set CONNECTORS_SERVICE_MAP_URL\), --config FILE, --registry, or several of them\.$/m,
    ],
    [
      'a missing variable',
      ['sync', '--service-map', 'http://127.0.0.1:1/'],
      {},
      2,
      /no key to verify the map with: set CONNECTORS_SIGNATURE_KEY, .*--key-env, or give --keys FILE/m,
    ],
    [
      'a bad URL',
      ['sync', '--service-map', 'maps.example.com'],
      env,
      2,
      /serviceMapUrl: must be an absolute http or https URL/,
    ],
    [
      'an unreachable map',
      ['tools', '--service-map', 'http://127.0.0.1:1/x?token=1'],
      env,
      1,
      /MAP_UNREACHABLE: .*127\.0\.0\.1:1\/x: .*Check the URL/,
    ],
    ['a host that does not exist', ['status', '--service-map', 'http://no.invalid/'], env, 1, /MAP_DNS: /],
    [
      'a missing file',
      ['sync', '--ca', '/nowhere.pem', '--service-map', 'https://x.invalid/'],
      env,
      2,
      /Cannot read the file \/nowhere\.pem of --ca \(ENOENT\)/,
    ],
    [
      'a bad proxy',
      ['sync', '--service-map', 'http://127.0.0.1:1/'],
      { ...env, HTTP_PROXY: 'ftp://x' },
      2,
      /HTTP_PROXY of the environment is not the URL of a proxy/,
    ],
  ])('commands report %s in one line, and exit with the matching code', async (_, args, variables, expected, line) => {
    const { code, stdout, stderr } = await runCliHere(args, { env: variables });
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('commands report a mistake as a JSON document with --json', async () => {
    const { code, stdout, stderr } = await world.on(['sync', '--json'], { CONNECTORS_SIGNATURE_KEY: secret('wrong') });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'MAP_SIGNATURE_MISMATCH' } });
    expect(stderr).toMatch(/^mcp-switchyard: MAP_SIGNATURE_MISMATCH: .*Compare the keys/);
  });
});
