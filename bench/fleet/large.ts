import { createHash } from 'node:crypto';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { peakMemoryOf } from './redis-load.ts';
import { BenchWorld } from './world.ts';

export interface LargeRun {
  readonly hosts: number;
  readonly entries: number;
  readonly changes: number;
  readonly intervalMs: number;
}

/**
 * Measures a few hosts with a large map, each host in a separate process. Reports the memory of the Redis server, and
 * the duration of each step.
 */
export async function measureLarge(run: LargeRun, tell: (section: Section) => void): Promise<void> {
  const { hosts, entries, changes, intervalMs } = run;
  await using world = await BenchWorld.start({
    ...{ hosts, processes: hosts, entries, intervalMs, isFleet: true, offload: 'auto', source: { entryOf } },
  });
  const { redis } = world;
  if (redis === null) throw new Error('Internal error: the fleet has no Redis server');
  const client = redis.client();
  await client.connect();
  await client.psubscribe('*');
  let newsAt = 0;
  let latest = '';
  client.on('pmessage', (_pattern: string, _channel: string, text: string) => {
    const [, sha256 = ''] = /"sha256":"([0-9a-f]{64})"/.exec(text) ?? [];
    if (sha256 === '' || sha256 === latest) return;
    latest = sha256;
    newsAt = Date.now();
  });
  const parts: Record<'all' | 'poll' | 'leader' | 'publish' | 'last', number[]> = {
    ...{ all: [], poll: [], leader: [], publish: [], last: [] },
  };
  for (let change = 1; change <= changes; change += 1) {
    const lastMs = await world.change();
    const { at } = world.source.current;
    const asked = world.source.requests.find((request) => request.at >= at && request.status === 200)?.at ?? at;
    const proven = world.views.find(({ state }) => state === 'leading')?.at ?? asked;
    parts.all.push(lastMs);
    parts.poll.push(asked - at);
    parts.leader.push(proven - asked);
    parts.publish.push(newsAt - proven);
    parts.last.push(at + lastMs - newsAt);
  }
  client.disconnect();
  const delays = await world.delays();
  const row = (metric: string, unit: string, samples: readonly number[]): Row => ({
    ...{ way: 'fleet', metric, unit, samples, baseline: null },
  });
  const { bytes } = world.source.current;
  tell({
    title: `${hosts} hosts, maps of ${entries} entries (${(bytes.length / 1e6).toFixed(1)} MB)`,
    rows: [
      row("the server's memory at most", 'MB', [(await peakMemoryOf(redis)) / 1e6]),
      row('last host fresh after a change', 'ms', parts.all),
      row('… until the leader requests it', 'ms', parts.poll),
      row('… fetched and verified by the leader', 'ms', parts.leader),
      row('… packed, patched and published', 'ms', parts.publish),
      row('… read and verified by the last host', 'ms', parts.last),
      row(
        'longest event loop delay of a process',
        'ms',
        delays.map(({ maxMs }) => maxMs),
      ),
      row(
        'memory of a process',
        'MB',
        delays.map(({ rssBytes }) => rssBytes / 1e6),
      ),
    ],
    notes: [
      'Peak memory as the server reports it (used_memory_peak), since its start: bodies, patches, connections.',
      `One entry of the map changes. Verified in worker threads (offload: auto).`,
    ],
  });
}

/**
 * Returns fields that make an entry 1.4 KB long. A third of each entry cannot be compressed, as is the case for tokens.
 */
function entryOf(id: string): Record<string, unknown> {
  const noise = Array.from({ length: 6 }, (_, part) => createHash('sha512').update(`${id} ${part}`).digest('base64'));
  return {
    description: 'A connector with a description of an ordinary length, as a person would write it. '.repeat(3),
    quotas: { perMinute: 60, perHour: 1000, concurrent: 8 },
    metadata: { owner: 'team@example.invalid', notes: `${noise.join('')}${'x'.repeat(150)}` },
  };
}
