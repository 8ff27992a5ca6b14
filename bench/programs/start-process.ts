/**
 * Starts stdio servers in one way, in a separate process: `node start-process.ts WAY JOB`, where JOB is JSON. Prints a
 * StartSample.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartJob, StartSample, StartTell } from './job.ts';
import { OWN_WAYS } from './own-ways.ts';
import { PEER_WAYS } from './peer-ways.ts';

const [way = '', text = '{}'] = process.argv.slice(2);
const job = JSON.parse(text) as StartJob;
const start = OWN_WAYS[way] ?? PEER_WAYS[way];
if (start === undefined) throw new Error(`Unknown way "${way}"`);

const answering = new Set(job.programs.filter(({ isSilent }) => !isSilent).map(({ name }) => name));
const upAtMs = new Map<string, number>();
const failedFirst = new Set<string>();
const done = Promise.withResolvers<void>();
let startedMs = performance.now();

const tell: StartTell = {
  ready() {
    startedMs = performance.now();
  },
  up(name) {
    if (!answering.has(name) || upAtMs.has(name)) return;
    upAtMs.set(name, performance.now() - startedMs);
    if (upAtMs.size === answering.size) done.resolve();
  },
  failed(name) {
    if (answering.has(name) && !upAtMs.has(name)) failedFirst.add(name);
  },
};

start(job, tell).catch(done.reject);
await Promise.race([done.promise, sleep(job.capMs)]);
const times = [...upAtMs.values()];
const sample: StartSample = {
  firstToolMs: times.length === 0 ? null : Math.min(...times),
  lastToolMs: times.length < answering.size ? null : Math.max(...times),
  programsUp: times.length,
  failedFirst: failedFirst.size,
};
// The servers exit with this process, because their standard input ends.
process.stdout.write(JSON.stringify(sample), () => process.exit());
