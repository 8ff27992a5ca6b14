import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import { type DefinitionKind, NAME_MEMBERS } from '../../../src/main/mcp/definitions/definition.ts';
import { brokenMembers, goodMembers } from '../../helpers/definition-arbitraries.ts';
import { eventually } from '../../helpers/eventually.ts';
import { type GatewayWorld, remote, startGateway } from '../../helpers/gateway-world.ts';
import { type Lists, startListing } from '../../helpers/listing-server.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { goodDefinition, junkItems, MALFORMED, nameOf } from '../../helpers/malformed-definitions.ts';
import { connectOfficialClients, type OfficialClient } from '../../helpers/official-clients.ts';
import type { RawMcpServer } from '../../helpers/raw-mcp-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

type Json = Readonly<Record<string, unknown>>;

const KINDS: readonly DefinitionKind[] = ['tool', 'prompt', 'resource', 'template'];

/** A gateway in front of one connector with these lists, and every official client connected to it. */
interface Scene extends AsyncDisposable {
  readonly world: GatewayWorld;
  readonly clients: readonly OfficialClient[];
}

async function setUp(server: RawMcpServer, lists: Lists): Promise<Scene> {
  const world = await startGateway({ sloppy: remote(server) });
  await eventually('all lists are read', () => KINDS.slice(1).every((kind) => server.of(METHODS[kind]).length > 0));
  const clients = await connectOfficialClients(`${world.listener.url}/c/sloppy/mcp`);
  const last = (kind: DefinitionKind): Json => (lists[kind]?.at(-1) ?? {}) as Json;
  for (const kind of KINDS)
    await eventually(`the ${kind}s are there`, async () => {
      const listed = await clients[0]?.list(kind);
      return (
        lists[kind] === undefined || listed?.some((one) => nameOf(kind, one) === nameOf(kind, last(kind))) === true
      );
    });
  return {
    ...{ world, clients },
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}

const METHODS: Readonly<Record<DefinitionKind, string>> = {
  tool: 'tools/list',
  prompt: 'prompts/list',
  resource: 'resources/list',
  template: 'resources/templates/list',
};

describe('a connector with malformed definitions and junk in its lists', () => {
  const lists = Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      [
        goodDefinition(kind, 'good-1'),
        ...MALFORMED.filter((one) => one.kind === kind).map(({ definition }) => definition),
        ...junkItems(kind),
        goodDefinition(kind, 'good-2'),
      ],
    ]),
  ) as Lists;
  let server: RawMcpServer;
  let scene: Scene;

  beforeAll(async () => {
    server = await startListing(lists);
    scene = await setUp(server, lists);
  });
  afterAll(async () => {
    await scene[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  it.each(KINDS)(
    'a client of the gateway sees each %s definition that is valid or can be repaired, and no others',
    async (kind) => {
      for (const client of scene.clients) {
        const malformed = MALFORMED.filter((one) => one.kind === kind);
        const shown = malformed.filter(
          ({ view, legacy }) => (client.revision === '2026-07-28' ? view : legacy) !== null,
        );
        const expected = ['good-1', ...shown.map(({ definition }) => nameOf(kind, definition)), 'good-2'];
        const listed = await client.list(kind);
        expect([client.name, listed.map((one) => nameOf(kind, one)).sort()]).toEqual([client.name, expected.sort()]);
      }
    },
  );

  it('the gateway shows valid definitions unchanged', async () => {
    const [first] = scene.clients;
    for (const kind of KINDS) {
      const listed = await first?.list(kind);
      const good = listed?.find((one) => nameOf(kind, one) === 'good-1');
      expect(good).toEqual(goodDefinition(kind, 'good-1'));
    }
  });

  it('the library keeps malformed tool definitions unchanged and says that they are invalid', () => {
    const { manager } = scene.world;
    for (const { what, definition, view, kind } of MALFORMED.filter((one) => one.kind === 'tool')) {
      const tool = manager.tool(`sloppy.${nameOf(kind, definition)}`);
      expect([what, tool?.definition]).toEqual([what, definition]);
      expect([what, tool?.invalid === null]).toEqual([what, JSON.stringify(view) === JSON.stringify(definition)]);
    }
  });

  it('the status, the status page, a metric and the log report the definitions that the gateway leaves out', async () => {
    const { manager, listener, lines } = scene.world;
    const [status] = manager.status().connectors;
    expect(status?.state).toBe('ready');
    const left = MALFORMED.filter(({ view }) => view === null);
    for (const { kind, definition } of left) {
      const reason = kind === 'tool' ? 'input-schema' : 'arguments';
      expect(status?.droppedDefinitions).toContainEqual({ kind, name: nameOf(kind, definition), reason });
    }
    // Two of the junk items have no name and are identified only by their reason.
    expect(status?.droppedDefinitionCount).toBe(left.length + KINDS.length * junkItems('tool').length);
    const page = await (await fetch(listener.url)).text();
    expect(page).toContain(`${status?.droppedDefinitionCount} left out: tool `);
    const json: unknown = await (await fetch(`${listener.url}/status.json`)).json();
    const row = { dropped: { count: status?.droppedDefinitionCount } };
    expect(json).toMatchObject({ connectors: { rows: [row] } });
    const metrics = await getConnectorMetricsRegistry().metrics();
    for (const kind of KINDS)
      for (const reason of ['not-an-object', 'name', 'duplicate', 'too-deep'])
        expect(metrics).toMatch(
          new RegExp(`mcp_connector_dropped_definitions_total{[^}]*kind="${kind}",reason="${reason}"`),
        );
    const logged = lines.filter(({ fields }) => fields.event === 'definitions-dropped');
    const reasons = logged.map(({ fields }) => `${String(fields.kind)} ${String(fields.reason)}`);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons).toEqual(
      expect.arrayContaining(['tool input-schema', 'prompt arguments', 'template not-an-object']),
    );
  });
});

it('a definition with one broken field never prevents an official client from seeing the valid definitions', async () => {
  const seed = Date.now() % 2 ** 31;
  // Prints the seed, so that a failed run can be repeated.
  process.stdout.write(`Definitions made with seed ${seed}\n`);
  const sample = (kind: DefinitionKind, what: 'good' | 'broken'): readonly Json[] => {
    const arbitrary = what === 'good' ? goodMembers(kind) : brokenMembers(kind);
    return fc
      .sample(arbitrary, { seed, numRuns: 150 })
      .map((members, index) => ({ ...members, [NAME_MEMBERS[kind]]: `${what}-${String(index).padStart(3, '0')}` }));
  };
  const good = Object.fromEntries(KINDS.map((kind) => [kind, sample(kind, 'good')])) as Record<DefinitionKind, Json[]>;
  const lists = Object.fromEntries(KINDS.map((kind) => [kind, [...sample(kind, 'broken'), ...good[kind]]])) as Lists;
  await using server = await startListing(lists);
  await using scene = await setUp(server, lists);
  for (const client of scene.clients)
    for (const kind of KINDS) {
      const listed = await client.list(kind).catch((error: unknown) => {
        throw new Error(`Seed ${seed}: ${client.name} rejects the ${kind}s`, { cause: error });
      });
      const names = new Set(listed.map((one) => nameOf(kind, one)));
      const missing = good[kind].filter((one) => !names.has(nameOf(kind, one)));
      expect([seed, client.name, kind, missing]).toEqual([seed, client.name, kind, []]);
    }
}, 60_000);

it('a definition above 256 KiB is left out and named in the status, and all other definitions are listed', async () => {
  const large = { ...goodDefinition('tool', 'large'), description: 'x'.repeat(300_000) };
  const lists: Lists = {
    tool: [large, goodDefinition('tool', 'good')],
    prompt: [{ name: 'large', description: 'x'.repeat(300_000) }, goodDefinition('prompt', 'good')],
  };
  await using server = await startListing(lists);
  await using scene = await setUp(server, lists);
  for (const client of scene.clients)
    for (const kind of ['tool', 'prompt'] as const)
      expect((await client.list(kind)).map((one) => nameOf(kind, one))).toEqual(['good']);
  expect(scene.world.manager.status().connectors[0]?.droppedDefinitions).toEqual([
    { kind: 'tool', name: 'large', reason: 'too-large' },
    { kind: 'prompt', name: 'large', reason: 'too-large' },
  ]);
});

describe('tools whose names contain unusual characters', () => {
  const NAMES = ['get weather', 'bank:pay', 'grüße', '天気', '🚀', ' x ', 'a.b/c', 'x'.repeat(500), 'a"b<c>'];

  it('tools whose names contain spaces, emoji or punctuation can be called through the library and the gateway', async () => {
    const lists: Lists = { tool: NAMES.map((name) => goodDefinition('tool', name)) };
    await using server = await startListing(lists);
    await using world = await startGateway({ any: remote(server) });
    expect(world.manager.listTools().map(({ name }) => name)).toEqual(NAMES.map((name) => `any.${name}`).sort());
    const { listTools, callTool, close } = await plainClient(`${world.listener.url}/mcp`);
    const listed = await listTools();
    expect(listed).toHaveLength(NAMES.length);
    for (const name of listed) expect(name).toMatch(/^any__[A-Za-z0-9_-]{1,59}$/);
    const called = new Set<string>();
    for (const name of listed) called.add(await callTool(name));
    expect([...called].sort()).toEqual([...NAMES].sort());
    for (const name of NAMES) {
      const { content } = await world.manager.callTool(`any.${name}`);
      expect(nameOfCall(content)).toBe(name);
    }
    await close();
  });
});

/** Returns the tool name in a call. The raw server answers each call with the parameters that it received. */
function nameOfCall(content: unknown): string {
  const [block] = content as readonly { readonly text: string }[];
  return String(JSON.parse(block?.text ?? '{}').name);
}

async function plainClient(url: string): Promise<{
  listTools(): Promise<string[]>;
  callTool(name: string): Promise<string>;
  close(): Promise<void>;
}> {
  const client = new Client({ name: 'plain', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  return {
    listTools: async () => (await client.listTools()).tools.map(({ name }) => name),
    callTool: async (name) => nameOfCall((await client.callTool({ name, arguments: {} })).content),
    close: () => client.close(),
  };
}

it('a malformed tool is stored unchanged, and clients see it repaired even while its server is down', async () => {
  using dir = new TempDir();
  const sent = { name: 'bare', description: null, 'x-own': [1] };
  const server = await startListing({ tool: [sent] });
  // Stored tools belong to one configuration file, so both gateways use the same file.
  using file = new LocalFile({ sloppy: remote(server) });
  const options = { manager: { stateDir: dir.path, configFile: file.path } };
  await using first = await startGateway({}, options);
  await eventually('the tool is there', () => first.manager.listTools().length === 1);
  await first[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await using second = await startGateway({}, options);
  const [tool] = second.manager.listTools();
  expect(tool).toMatchObject({ isStale: true, invalid: 'description is not a string' });
  expect(tool?.definition).toEqual(sent);
  const { listTools, close } = await plainClient(`${second.listener.url}/mcp`);
  expect(await listTools()).toEqual(['sloppy__bare']);
  await close();
});
