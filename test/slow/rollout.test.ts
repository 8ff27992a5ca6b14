import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type ConnectorFeatureFlags, parseConnectorFeatureFlags } from '../../src/main/index.ts';
import { eventually } from '../helpers/eventually.ts';
import { MapServer } from '../helpers/map-server.ts';
import { KEY, mapOf, signed } from '../helpers/signed-map.ts';

const PROGRAM = fileURLToPath(new URL('../fixtures/programs/rollout-host.ts', import.meta.url));

/**
 * Milliseconds between refreshes, and the run time of a host without refreshes. A host with refreshes would refresh
 * several times within this run time.
 */
const INTERVAL_MS = 200;
const STAY_MS = 1_200;

/** Ids of instances that start to refresh in the background at 10 %, at 50 % and at 100 %. */
const CANARIES = ['first', 'second', 'third'].map((_, index) => {
  const limits = [0, 10, 50, 100];
  const isIn = (id: string, percent: number | undefined): boolean =>
    parseConnectorFeatureFlags({
      MCP_CONNECTOR_INSTANCE_ID: id,
      MCP_CONNECTOR_REFRESH_CANARY_PERCENT: String(percent),
    }).asyncRefresh;
  const ids = Array.from({ length: 200 }, (__, number) => `host-${number}`);
  return ids.find((id) => !isIn(id, limits[index]) && isIn(id, limits[index + 1])) ?? '';
});

/**
 * Runs a host with this id until it has requested the map again. A host that should not refresh runs for a fixed time.
 * Resolves with the asyncRefresh flag of the host and the number of its requests.
 */
async function run(instanceId: string, env: NodeJS.ProcessEnv): Promise<{ asyncRefresh: boolean; requests: number }> {
  const map = mapOf([], { generatedAt: new Date().toISOString() });
  await using server = await MapServer.start(signed(map));
  const variables = { MCP_CONNECTOR_INSTANCE_ID: instanceId, ...env };
  const child = spawn(process.execPath, [PROGRAM, server.url, KEY], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      MCP_CONNECTOR_REFRESH_INTERVAL_MS: String(INTERVAL_MS),
      ...variables,
    },
  });
  const ended = Promise.all([text(child.stdout), once(child, 'exit')]);
  await eventually('it asked for the map', () => server.requests.length > 0);
  if (parseConnectorFeatureFlags(variables).asyncRefresh)
    await eventually('it asked again', () => server.requests.length > 1);
  else await sleep(STAY_MS);
  child.stdin.end();
  const [printed] = await ended;
  const { asyncRefresh } = JSON.parse(printed) as ConnectorFeatureFlags;
  return { asyncRefresh, requests: server.requests.length };
}

it('a rollout from 0 % to 100 % only adds instances, and one variable disables the refreshes of all instances', async () => {
  const phases = ['0', '10', '50', '100'];
  const seen: Record<string, boolean[]> = {};
  for (const percent of phases) {
    const hosts = await Promise.all(CANARIES.map((id) => run(id, { MCP_CONNECTOR_REFRESH_CANARY_PERCENT: percent })));
    // An instance without refreshes sends one request, for its own sync. An instance with refreshes sends many.
    for (const { asyncRefresh, requests } of hosts) expect(requests > 1).toBe(asyncRefresh);
    seen[percent] = hosts.map(({ asyncRefresh }) => asyncRefresh);
  }
  expect(seen).toEqual({
    0: [false, false, false],
    10: [true, false, false],
    50: [true, true, false],
    100: [true, true, true],
  });

  const rolledBack = await Promise.all(
    CANARIES.map((id) => run(id, { MCP_CONNECTOR_REFRESH_CANARY_PERCENT: '100', MCP_CONNECTOR_REFRESH_SYNC: 'true' })),
  );
  expect(rolledBack).toEqual(CANARIES.map(() => ({ asyncRefresh: false, requests: 1 })));
});
