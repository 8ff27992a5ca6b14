import type { PinPolicy } from '../../../src/main/options/option-checks.ts';
import { FleetToolMemory } from '../../../src/main/state-dir/fleet/tools/fleet-tool-memory.ts';
import { createVolatileToolMemory } from '../../../src/main/state-dir/tool-memory.ts';
import { systemRandom } from '../../../src/shared/clock.ts';
import type { RemoteToolDefinition } from '../../../src/shared/tools/tool-definition.ts';
import type { ConnectorRecord, RememberedConnector } from '../../../src/shared/tools/tool-records.ts';
import { type FleetUnderTest, joinFleet } from './fleet-under-test.ts';

/** The scope to which all connectors in these memories belong. */
export const SCOPE = 'scope-of-tests';

/** The tool memory of a host in a fleet, without a manager and without a disk. */
export interface ToolMemoryUnderTest extends AsyncDisposable {
  readonly fleet: FleetUnderTest['fleet'];
  readonly lines: FleetUnderTest['lines'];
  readonly memory: FleetToolMemory;
  /** Connectors restored so far. */
  readonly restored: RememberedConnector[];
  readonly relisted: string[];
  /** Returns how often the memory has requested a new review of the tools. */
  readonly reviews: () => number;
}

/** Joins the fleet, and waits for the connection. */
export async function toolMemory(
  server: { readonly url: string },
  policy: PinPolicy = 'quarantine',
): Promise<ToolMemoryUnderTest> {
  const host = joinFleet(server);
  await host.connected();
  const under = memoryOn(host, policy);
  return {
    ...under,
    async [Symbol.asyncDispose]() {
      await under[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
    },
  };
}

/** Creates the tool memory of another host that shares the connection of an existing host. */
export function memoryOn(host: Pick<FleetUnderTest, 'fleet' | 'lines'>, policy: PinPolicy = 'quarantine') {
  const restored: RememberedConnector[] = [];
  const relisted: string[] = [];
  let reviews = 0;
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const memory = new FleetToolMemory({
    ...{ fleet: host.fleet, policy, logger, random: systemRandom, now: () => 1 },
    own: createVolatileToolMemory(policy !== 'off', () => 1),
    scopes: () => [SCOPE],
    scopeOf: () => SCOPE,
    onPins: () => {
      reviews += 1;
    },
    relist: (connectorId) => void relisted.push(connectorId),
  });
  return {
    ...{ fleet: host.fleet, lines: host.lines, memory, restored, relisted, reviews: () => reviews },
    [Symbol.asyncDispose]() {
      memory.close();
      return Promise.resolve();
    },
  } satisfies ToolMemoryUnderTest;
}

/** Creates the record of a connector that lists these tools. */
export function recordOf(connectorId: string, ...definitions: readonly RemoteToolDefinition[]): ConnectorRecord {
  return {
    ...{ connectorId, endpoint: `http://127.0.0.1:9/${connectorId}`, era: 'modern', transport: 'streamable-http' },
    ...{ protocolVersion: null, serverName: null, listedAtMs: 1, toolDigests: null },
    tools: definitions.map((definition) => ({ definition, tags: [], author: null })),
  };
}

/** Creates a tool with a description. */
export function tool(name: string, description: string): RemoteToolDefinition {
  return { name, description, inputSchema: { type: 'object' } };
}
