import { describe, expect, it } from 'vitest';
import type { PinPolicy } from '../../../src/main/options/option-checks.ts';
import { createVolatileToolMemory, type ToolMemory } from '../../../src/main/state-dir/tool-memory.ts';
import { DroppedDefinitions } from '../../../src/main/tools/dropped-definitions.ts';
import { ToolApprovals, type ToolDigests } from '../../../src/main/tools/tool-approvals.ts';
import { ToolIntake } from '../../../src/main/tools/tool-intake.ts';
import { ToolPins } from '../../../src/main/tools/tool-pins.ts';
import { ToolStore } from '../../../src/main/tools/tool-store.ts';
import { normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import { approvedDigest } from '../../../src/shared/tools/approved-digest.ts';
import type { RemoteToolDefinition } from '../../../src/shared/tools/tool-definition.ts';
import type { RememberedConnector, ToolPinChange } from '../../../src/shared/tools/tool-records.ts';
import { recordingLogger } from '../../helpers/log.ts';
import { scriptedConnection, toolNamed } from '../../helpers/scripted-connection.ts';
import { entry } from '../../helpers/signed-map.ts';

const { facts } = scriptedConnection();

function setUp(
  policy: PinPolicy = 'quarantine',
  memory: ToolMemory = createVolatileToolMemory(true, () => 9),
  digests: Record<string, ToolDigests> = {},
) {
  const logger = recordingLogger();
  const store = new ToolStore({ logger, onChange: () => {}, isKnown: () => false });
  const pins = new ToolPins({ policy, logger, onChanged: () => {} });
  const legacy: string[] = [];
  const onLegacy = (endpoint: string): void => void legacy.push(endpoint);
  const dropped = new DroppedDefinitions(logger);
  const approvals = new ToolApprovals(logger);
  const intake = new ToolIntake({
    ...{ store, memory, pins, approvals, dropped, brandOf: () => 'brand', now: () => 5.5, onLegacy },
    digestsOf: (id) => digests[id],
  });
  const take = (id: string, ...tools: RemoteToolDefinition[]): Promise<void> =>
    intake.take(
      { id, entry: normalizeEntry(entry(id) as RawEntry, 300), lastErrorCode: null },
      { tools, dropped: [] },
      facts,
    );
  const names = (): string[] => store.list().map(({ name }) => name);
  return { intake, store, pins, approvals, dropped, legacy, take, names };
}

const described = (name: string, description: string): RemoteToolDefinition => ({ ...toolNamed(name), description });

const remembered = (connectorId: string, overrides: Partial<RememberedConnector> = {}): RememberedConnector => ({
  ...{ connectorId, endpoint: `http://127.0.0.1:9/${connectorId}`, era: 'modern', transport: 'streamable-http' },
  ...{ protocolVersion: null, serverName: null, listedAtMs: 1, changes: [] },
  tools: [{ definition: toolNamed('x'), tags: [], author: null }],
  ...overrides,
});

describe('ToolIntake', () => {
  it('stored tools are listed as stale until their connector lists its tools', async () => {
    const { intake, take, store } = setUp();
    intake.restore(remembered('a'));
    expect([store.get('a.x')?.isStale, [...intake.staleIds]]).toEqual([true, ['a']]);
    expect(intake.provenance('a')).toEqual({ listedAt: 1, isStale: true, count: 1 });
    await take('a', toolNamed('x'));
    expect([store.get('a.x')?.isStale, intake.staleIds.size]).toEqual([false, 0]);
    expect(intake.provenance('a')).toEqual({ listedAt: 5, isStale: false, count: 1 });
    intake.close();
  });

  it('stored tools are not restored for a connector that has listed its tools or was removed meanwhile', async () => {
    const { intake, take, names } = setUp();
    await take('a', toolNamed('new'));
    intake.gone('b');
    for (const id of ['a', 'b']) intake.restore(remembered(id));
    expect(names()).toEqual(['a.new']);
    intake.close();
  });

  it('ToolIntake reports only stored endpoints that speak the legacy protocol', () => {
    const { intake, legacy } = setUp();
    intake.restore(remembered('a', { era: 'legacy' }));
    intake.restore(remembered('b'));
    expect(legacy).toEqual(['http://127.0.0.1:9/a']);
  });

  it('a changed tool under quarantine is not listed until it is approved by its name', async () => {
    const { intake, take, names } = setUp();
    await take('a', described('x', 'one'), toolNamed('y'));
    await take('a', described('x', 'two'), toolNamed('y'));
    expect(names()).toEqual(['a.y']);
    expect(await intake.approve(['a.y'])).toEqual([]);
    expect(await intake.approve(['a.x'])).toEqual(['a.x']);
    expect(names()).toEqual(['a.x', 'a.y']);
    intake.close();
  });

  it('a changed tool is reported and stays listed if `pinTools` is warn', async () => {
    const { intake, take, names, pins } = setUp('warn');
    await take('a', described('x', 'one'));
    await take('a', described('x', 'two'));
    await Promise.resolve();
    expect([names(), pins.list().map(({ name }) => name)]).toEqual([['a.x'], ['a.x']]);
    intake.close();
  });

  it('the newest tool list of a connector is used, even if the check of an older list ends later', async () => {
    const judged: ((changes: readonly ToolPinChange[]) => void)[] = [];
    const remember: ToolMemory['remember'] = () => new Promise((resolve) => judged.push(resolve));
    const memory = { ...createVolatileToolMemory(true, () => 9), remember };
    const { intake, take, names } = setUp('quarantine', memory);
    const taken = [take('a', toolNamed('old')), take('a', toolNamed('new'))];
    judged[1]?.([]);
    await taken[1];
    judged[0]?.([]);
    await taken[0];
    expect(names()).toEqual(['a.new']);
    intake.close();
  });

  it('stored tools are dropped if their connector was removed or moved to another endpoint', () => {
    const { intake, names } = setUp();
    for (const id of ['kept', 'moved', 'gone']) intake.restore(remembered(id));
    intake.dropUnknown((id) => (id === 'gone' ? null : 'http://127.0.0.1:9/kept'));
    expect(names()).toEqual(['kept.x']);
  });

  it('ToolIntake forgets the stored tools of a connector on request, unless the connector has listed its tools', async () => {
    const forgotten: string[] = [];
    const forget = (id: string): void => void forgotten.push(id);
    const { intake, names, take } = setUp('warn', { ...createVolatileToolMemory(true, () => 9), forget });
    await take('live', toolNamed('x'));
    for (const id of ['live', 'late']) intake.forget(id);
    intake.restore(remembered('late'));
    expect([forgotten, names()]).toEqual([['late'], ['live.x']]);
  });

  it("the stored tools of a removed connector are forgotten, but not those of a closing manager's connectors", () => {
    const forgotten: string[] = [];
    const forget = (id: string): void => void forgotten.push(id);
    const { intake, names } = setUp('warn', { ...createVolatileToolMemory(true, () => 9), forget });
    for (const id of ['a', 'b']) intake.restore(remembered(id));
    intake.gone('a');
    intake.close();
    intake.gone('b');
    expect([forgotten, names()]).toEqual([['a'], []]);
  });

  it('an invalid tool is listed as its server sent it, with the reason, and is reported if clients cannot see it', async () => {
    const { intake, take, store, dropped } = setUp('warn');
    const bare = { name: 'bare', description: null };
    await take('a', bare, { name: 'list', inputSchema: { type: 'array' } }, toolNamed('fine'));
    expect(store.list().map(({ name, invalid }) => [name, invalid])).toEqual([
      ['a.bare', 'description is not a string'],
      ['a.fine', null],
      ['a.list', 'inputSchema.type is not "object"'],
    ]);
    expect(store.get('a.bare')).toMatchObject({ definition: bare, description: '', inputSchema: { type: 'object' } });
    expect(store.get('a.bare')?.definition).toBe(bare);
    expect(dropped.of('a').named).toEqual([{ kind: 'tool', name: 'list', reason: 'input-schema' }]);
    intake.gone('a');
    expect(dropped.of('a').count).toBe(0);
    intake.close();
  });

  it('a tool is quarantined and reported once if the map approves another definition, whatever its pin is', async () => {
    const digests: Record<string, ToolDigests> = { a: { x: approvedDigest(described('x', 'approved')) } };
    const { intake, take, names, approvals, pins } = setUp('quarantine', undefined, digests);
    await take('a', described('x', 'first seen'), toolNamed('y'));
    expect([names(), approvals.list().map(({ name }) => name), pins.list()]).toEqual([['a.y'], ['a.x'], []]);
    await take('a', described('x', 'approved'), toolNamed('y'));
    expect([names(), approvals.list(), pins.list()]).toEqual([['a.x', 'a.y'], [], []]);
    await take('a', described('x', 'approved'), described('y', 'changed'));
    expect([names(), pins.list().map(({ name }) => name)]).toEqual([['a.x'], ['a.y']]);
    intake.close();
  });

  it('stored tools are checked against the stored digests of approved tools, and again when a map is loaded', async () => {
    const approved = approvedDigest(described('x', 'approved'));
    const digests: Record<string, ToolDigests> = {};
    const { intake, names } = setUp('warn', undefined, digests);
    intake.restore(remembered('a', { toolDigests: { x: approved } }));
    intake.restore(remembered('b'));
    expect(names()).toEqual(['b.x']);
    Object.assign(digests, { a: null, b: { x: approved } });
    intake.reconsider(['a', 'b', 'c']);
    expect(names()).toEqual(['a.x']);
    intake.close();
  });

  it('reconsider() looks up the digests of approved tools only for connectors that have tools', async () => {
    const asked: string[] = [];
    const digests = new Proxy<Record<string, ToolDigests>>(
      {},
      {
        get: (_target, id) => {
          asked.push(String(id));
          return null;
        },
      },
    );
    const { intake, take } = setUp('warn', undefined, digests);
    await take('a', toolNamed('x'));
    asked.length = 0;
    intake.reconsider(Array.from({ length: 1_000 }, (_, index) => `unlisted-${index}`));
    intake.reconsider(['a']);
    expect(asked).toEqual(['a']);
    intake.close();
  });

  it('a tool is checked by its listed name, so that an alias cannot bypass an approved digest', async () => {
    const sparql = approvedDigest(toolNamed('sparql'));
    const { intake, take, names } = setUp('warn', undefined, { wikidata: { sparql } });
    await take('wikidata', toolNamed('execute_sparql'));
    expect(names()).toEqual([]);
    await take('wikidata', toolNamed('sparql'));
    expect(names()).toEqual(['wikidata.sparql']);
    intake.close();
  });
});
