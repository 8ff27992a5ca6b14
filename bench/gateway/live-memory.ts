/**
 * A module that is loaded into a gateway with `--import` and `--expose-gc`. It collects garbage all the time. At the
 * port BENCH_MEMORY_PORT, it serves the peak of the used memory since the last request.
 */
import { createServer } from 'node:http';

const EVERY_MS = 20;

const collect = globalThis.gc;
if (collect === undefined) throw new Error('Start this process with `node --expose-gc`.');

let most = 0;

function held(): number {
  collect?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

setInterval(() => {
  most = Math.max(most, held());
}, EVERY_MS).unref();

createServer((_, response) => {
  const answer = Math.max(most, held());
  most = held();
  response.end(String(answer));
})
  .listen(Number(process.env.BENCH_MEMORY_PORT), '127.0.0.1')
  .unref();
