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

  it('`sync --json` prints one JSON document and nothing else on stdout', async () => {
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

  it('`sync` reads the map URL and the map token from environment variables', async () => {
    await using server = await MapServer.start(mapNow([]));
    const { code } = await runCliHere(['sync', '--map-key-env', 'TOKEN'], {
      env: { ...env, CONNECTORS_SERVICE_MAP_URL: server.url, TOKEN: secret('map token') },
    });
    expect([code, server.requests[0]?.headers.authorization]).toEqual([0, `Bearer ${secret('map token')}`]);
  });

  it('`sync --json` prints its document and exits with 130 when it is interrupted', async () => {
    await using silent = await MapServer.start();
    silent.answer(() => {});
    const running = startCli(['sync', '--json', '--service-map', silent.url, '--timeout', '20000'], { env });
    await eventually('it has asked', () => silent.requests.length > 0);
    running.child.kill('SIGINT');
    expectDocument(await running.ended, { code: 130, error: 'CLOSED', members: [] });
  });
});

describe('mcp-switchyard tools and call', () => {
  it('`tools` removes terminal control characters from the descriptions of tools', async () => {
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
    expect((await world.on(['tools', '--connector', 'elsewhere'])).stderr).toContain(
      'There is no connector elsewhere. List the connectors with',
    );
  });

  it.each([
    [['one.echo', '{"text":"hi"}'], 0, 'echo hi\n'],
    [['one.fail'], 3, 'it broke\n'],
  ])(
    '`call` prints the result of the tool, and its exit code says whether the tool failed: %j',
    async (args, expected, output) => {
      const { code, stdout } = await world.on(['call', ...args]);
      expect([code, stdout]).toEqual([expected, output]);
    },
  );

  it('`call --json` reads arguments from stdin and prints the whole result', async () => {
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
    [['call', 'one.echo', '{'], 2, /^mcp-switchyard: OPTIONS_INVALID: .*not valid JSON/m],
  ])('a mistake in a command is explained in one line on stderr: %j', async (args, expected, line) => {
    const { code, stdout, stderr } = await world.on(args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(line);
  });
});

describe('mcp-switchyard status', () => {
  it('`status` shows the map, the store and the connectors, and uses the stored map if the map server is down', async () => {
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

  it('`status` names the tools that a gateway would not list, and says why', async () => {
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
      'that no source of connectors is given',
      ['sync'],
      env,
      2,
      /There is nothing to connect: give --service-map URL \(or set CONNECTORS_SERVICE_MAP_URL\), --config FILE, --registry, or several of them\.$/m,
    ],
    [
      'that no key to verify the map is given',
      ['sync', '--service-map', 'http://127.0.0.1:1/'],
      {},
      2,
      /no key to verify the map with: set CONNECTORS_SIGNATURE_KEY, .*--key-env, or give --keys FILE/m,
    ],
    [
      'an invalid map URL',
      ['sync', '--service-map', 'maps.example.com'],
      env,
      2,
      /serviceMapUrl: must be an absolute http or https URL/,
    ],
    [
      'a map server that is unreachable',
      ['tools', '--service-map', 'http://127.0.0.1:1/x?token=1'],
      env,
      1,
      /MAP_UNREACHABLE: .*127\.0\.0\.1:1\/x: .*Check the URL/,
    ],
    ['a host name that does not exist', ['status', '--service-map', 'http://no.invalid/'], env, 1, /MAP_DNS: /],
    [
      'a missing file of `--ca`',
      ['sync', '--ca', '/nowhere.pem', '--service-map', 'https://x.invalid/'],
      env,
      2,
      /Cannot read the file \/nowhere\.pem of --ca \(ENOENT\)/,
    ],
    [
      'an invalid proxy URL',
      ['sync', '--service-map', 'http://127.0.0.1:1/'],
      { ...env, HTTP_PROXY: 'ftp://x' },
      2,
      /HTTP_PROXY of the environment is not the URL of a proxy/,
    ],
  ])(
    'a command reports %s in one line, and exits with the matching code',
    async (_, args, variables, expected, line) => {
      const { code, stdout, stderr } = await runCliHere(args, { env: variables });
      expect([code, stdout]).toEqual([expected, '']);
      expect(stderr).toMatch(line);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    },
  );

  it('a command with --json reports an error as a JSON document on stdout and as a line on stderr', async () => {
    const { code, stdout, stderr } = await world.on(['sync', '--json'], { CONNECTORS_SIGNATURE_KEY: secret('wrong') });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'MAP_SIGNATURE_MISMATCH' } });
    expect(stderr).toMatch(/^mcp-switchyard: MAP_SIGNATURE_MISMATCH: .*Compare the keys/);
  });
});
