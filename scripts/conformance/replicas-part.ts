import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RedisServer } from '../../test/helpers/fleet/redis-server.ts';
import { type Kill, ReplicaKiller } from '../../test/helpers/fleet/replica-killer.ts';
import { ReplicaSet } from '../../test/helpers/fleet/replica-set.ts';
import { type ProxiedRequest, RoundRobinProxy } from '../../test/helpers/fleet/round-robin-proxy.ts';
import { add, listServerScenarios, REQUIREMENTS, type Score, whyFailedAlone } from './run-suite.ts';
import { member, runServerScenarios } from './server-parts.ts';
import { startProgram } from './start-program.ts';

const REPLICAS = 3;
const KILL_EVERY_MS = 5_000;
const TRIES = 3;

const fixture = fileURLToPath(new URL('../../test/fixtures/conformance-server/main.ts', import.meta.url));

/**
 * Runs the suite's server scenarios through three replicas of the gateway, behind a round-robin proxy without affinity.
 * First, all scenarios run while all replicas are up. Then each scenario runs alone while one replica is killed every 5
 * s. Each scenario must pass within three attempts. An attempt may fail only if one of its requests was in flight at a
 * replica while that replica was being killed.
 */
export async function runReplicasPart(): Promise<Score> {
  await using server = await startProgram([fixture, '--port', '0']);
  await using redis = await RedisServer.start();
  const folder = await mkdtemp(join(tmpdir(), 'conformance-replicas-'));
  try {
    const config = join(folder, 'mcp.json');
    const mcpServers = { fixture: { type: 'http', url: member(server.line, 'url') } };
    await writeFile(config, JSON.stringify({ mcpServers }));
    const args = ['--config', config, '--ready-for', 'all'];
    await using replicas = await ReplicaSet.start({ count: REPLICAS, args, redisUrl: redis.url });
    await using proxy = await RoundRobinProxy.start(replicas.urls);
    const url = `${proxy.url}/c/fixture/mcp`;
    const inPeace = await runServerScenarios(`${REPLICAS} replicas`, url);
    await using killer = new ReplicaKiller(replicas, KILL_EVERY_MS);
    const score = add(inPeace, await runWithKills(url, proxy.requests, killer.kills));
    process.stdout.write(`${killer.kills.length} replicas were killed\n`);
    if (score.failed > 0)
      for (let index = 0; index < REPLICAS; index += 1)
        process.stdout.write(`  replica ${index} said:\n${replicas.stderr(index)}\n`);
    return score;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runWithKills(url: string, requests: ProxiedRequest[], kills: readonly Kill[]): Promise<Score> {
  let score: Score = { passed: 0, failed: 0 };
  for (const { revision, serverScenarios } of REQUIREMENTS) {
    let passed = 0;
    const scenarios = await listServerScenarios(revision, serverScenarios);
    for (const scenario of scenarios) {
      const fault = await passesBesideKills(url, scenario, revision, requests, kills);
      if (fault === null) passed += 1;
      else process.stdout.write(`  ${scenario}: ${fault}\n`);
    }
    process.stdout.write(`${REPLICAS} replicas with kills, ${revision}: ${passed} of ${scenarios.length} scenarios\n`);
    score = add(score, { passed, failed: scenarios.length - passed });
  }
  return score;
}

/** Runs one scenario while replicas are killed. Resolves with the reason why it failed; null if it passed. */
async function passesBesideKills(
  url: string,
  scenario: string,
  revision: string,
  requests: ProxiedRequest[],
  kills: readonly Kill[],
): Promise<string | null> {
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    requests.length = 0;
    const said = await whyFailedAlone(['server', '--url', url], scenario, revision);
    if (said === null) return null;
    if (!requests.some((request) => kills.some((kill) => wasHit(request, kill))))
      return `failed in attempt ${attempt}, although no replica that served it was killed:\n${said}`;
    process.stdout.write(`  ${scenario}: attempt ${attempt} lost a replica\n`);
  }
  return `failed in all ${TRIES} attempts`;
}

/** Whether a request was in flight at a replica while that replica was being killed. */
function wasHit({ upstream, fromMs, toMs }: ProxiedRequest, { replica, atMs, endedAtMs }: Kill): boolean {
  const slackMs = 50;
  const hasBegun = endedAtMs === null || fromMs <= endedAtMs + slackMs;
  return upstream === replica && hasBegun && (toMs === null || toMs >= atMs - slackMs);
}
