import { monotonicMs, nextTurn } from '../../../shared/clock.ts';
import { codeOf, SwitchyardError } from '../../../shared/errors.ts';
import type {
  FleetCatalogued,
  FleetPin,
  FleetToolApi,
  FleetToolChange,
  FleetToolList,
} from '../../../shared/protocol/fleet/tool-messages.ts';
import { comparePin, toolDigest } from '../../../shared/tools/compare-pin.ts';
import type { RemoteToolDefinition } from '../../../shared/tools/tool-definition.ts';
import { type FleetPartDeps, reply } from '../fleet-part.ts';
import { HashFields, listOf } from './hash-fields.ts';
import { listDigest, readRecord } from './list-box.ts';
import { PinRows } from './pin-rows.ts';
import { ToolNews } from './tool-news.ts';
import { ToolRows } from './tool-rows.ts';

/** Maximum number of connectors in a catalogue. If there are more, another program must have written some of them. */
const MAX_CONNECTORS = 20_000;

/** Maximum number of scopes that the command line searches. */
const MAX_SCOPES = 1_000;

/** Number of lists in one answer. */
const PAGE = 32;

/** Creates the part of the fleet thread that handles tools, pins and approvals. */
export function createToolPart(deps: FleetPartDeps): FleetToolApi {
  const rows = new ToolRows(deps, monotonicMs);
  const pins = new PinRows(deps);
  const fields = new HashFields(deps);
  const news = new ToolNews({ ...deps, digestOf: (scope, id) => rows.digestOf(scope, id) });
  const { redis, keys } = deps;

  const connectorsOf = async (scope: string): Promise<readonly string[]> => {
    const key = keys.tools(scope);
    if ((await fields.length(key)) > MAX_CONNECTORS)
      throw new SwitchyardError('FLEET_REFUSED', `The fleet has tools of more than ${MAX_CONNECTORS} connectors.`);
    const found = await textsOrNone(() => redis.command('HKEYS', key));
    return found.toSorted();
  };

  const catalogued = async (scope: string, ids: readonly string[]): Promise<readonly FleetCatalogued[]> => {
    const lists = [...(await rows.read(scope, ids))];
    const names = lists.flatMap(([connectorId, { definitions }]) => {
      return definitions.map(({ name }) => ({ connectorId, tool: name }));
    });
    const found = await pins.open(scope, names);
    let at = 0;
    const catalogue: FleetCatalogued[] = [];
    for (const [connectorId, { bytes, definitions }] of lists) {
      const [told, unpinned]: [FleetPin[], string[]] = [[], []];
      for (const definition of definitions) {
        const sealed = found[at];
        at += 1;
        if (sealed?.version === 0 && sealed.sha256 === toolDigest(definition)) continue;
        const pin = sealed == null ? null : await pins.unpack(scope, { connectorId, tool: definition.name }, sealed);
        if (pin === null) unpinned.push(definition.name);
        else told.push(pin);
      }
      catalogue.push({ connectorId, bytes, pins: told, unpinned });
    }
    return catalogue;
  };

  const note = async (scope: string, list: FleetToolList): Promise<readonly FleetPin[]> => {
    const { connectorId, recordText, isPinned } = list;
    const { definitions, listedAtMs } = readRecord(recordText) ?? { definitions: [], listedAtMs: 0 };
    news.follow(scope);
    rows.note(scope, connectorId, listDigest(definitions), recordText, false);
    if (!isPinned) return [];
    const own = ownPins(list, definitions, listedAtMs);
    const listed = definitions.map(toolDigest);
    const digests = own.map(({ definition }, index) => {
      return definition === definitions[index] ? (listed[index] ?? '') : toolDigest(definition);
    });
    const found = await pins.pin(scope, own, digests);
    const told: FleetPin[] = [];
    for (const [index, mine] of own.entries()) {
      const sealed = found[index];
      const isSame = sealed?.sha256 === listed[index] && sealed?.sha256 === digests[index];
      if (sealed == null || (isSame && sealed.version === mine.version)) continue;
      const pin = await pins.unpack(scope, mine, sealed);
      if (pin !== null) told.push(pin);
    }
    return told;
  };

  const changed = async (scope: string, ids: readonly string[], isNamed: boolean): Promise<FleetToolChange[]> => {
    const changes: FleetToolChange[] = [];
    for (const [connectorId, list] of await rows.read(scope, ids)) {
      const found = await pins.read(
        scope,
        list.definitions.map(({ name }) => ({ connectorId, tool: name })),
      );
      for (const [index, definition] of list.definitions.entries()) {
        const pin = found[index];
        const change = pin == null ? null : (comparePin(pin, definition) ?? (isNamed ? same(pin, definition) : null));
        if (change !== null) changes.push({ ...change, scope });
      }
      await nextTurn();
    }
    return changes;
  };

  return {
    cataloguedConnectors: (scope) =>
      reply(() => {
        news.follow(scope);
        return connectorsOf(scope);
      }),
    readTools: (scope, ids) => reply(() => catalogued(scope, ids.slice(0, PAGE))),
    noteTools: (scope, list) => reply(() => note(scope, list)),
    dropTools: (scope, ids) =>
      reply(async () => {
        rows.drop(scope, ids);
        return null;
      }),
    missingTools: (scope, ids) =>
      reply(async () => {
        const there = new Set(await connectorsOf(scope));
        return ids.filter((id) => !there.has(id));
      }),
    syncPins: (scope, own) =>
      reply(() => {
        news.follow(scope);
        return pins.sync(scope, own);
      }),
    readPins: (scope, names) => reply(async () => (await pins.read(scope, names)).filter((pin) => pin !== null)),
    approvePins: (scope, approved) => reply(() => pins.approve(scope, approved)),
    changedTools: (connectorIds) =>
      reply(async () => {
        const scopes = await textsOrNone(() => redis.command('SMEMBERS', keys.toolScopes));
        const changes: FleetToolChange[] = [];
        for (const scope of scopes.slice(0, MAX_SCOPES)) {
          const ids = (await connectorsOf(scope)).filter((id) => connectorIds?.includes(id) ?? true);
          for (let from = 0; from < ids.length; from += PAGE)
            changes.push(...(await changed(scope, ids.slice(from, from + PAGE), connectorIds !== null)));
        }
        return changes;
      }),
  };
}

/** Returns the strings in a reply, or an empty list if the key has another type or may not be read. */
async function textsOrNone(question: () => ReturnType<FleetPartDeps['redis']['command']>): Promise<readonly string[]> {
  try {
    return listOf(await question()).filter((text) => typeof text === 'string');
  } catch (error) {
    if (codeOf(error) !== 'FLEET_REFUSED') throw error;
    return [];
  }
}

/** Returns this host's pins for the tools that a connector lists, in the same order. */
function ownPins(
  { connectorId, pins }: FleetToolList,
  definitions: readonly RemoteToolDefinition[],
  pinnedAtMs: number,
): FleetPin[] {
  const known = new Map(pins.map((pin) => [pin.tool, pin]));
  const seen = { connectorId, version: 0, pinnedAtMs };
  return definitions.map((definition) => {
    return known.get(definition.name) ?? { ...seen, tool: definition.name, definition };
  });
}

/** Returns a tool that matches its pin, in the same form as a tool that differs. */
function same(pin: FleetPin, definition: RemoteToolDefinition) {
  const { connectorId, tool, pinnedAtMs } = pin;
  const sha256 = toolDigest(definition);
  const both = { pinned: pin.definition, current: definition };
  return { connectorId, tool, members: [], pinnedSha256: sha256, sha256, pinnedAtMs, ...both };
}
