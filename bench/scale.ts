/**
 * How long is the main thread blocked while a map of 10 000 entries is loaded, refreshed and kept in memory? There are
 * three baselines. The baseline `inline` does the same load on the main thread. `plain` runs fetch, JSON.parse, zod and
 * an HMAC on the main thread. `clone` is a worker that posts the whole map by structured clone. The best possible
 * result comes from a worker that does the same work while the main thread does nothing. All of them alternate in one
 * run, each in a new process. `npm run bench -- scale [--only stall,pairs,calls,cost,small,memory,streaming,soak]
 * [--rounds N] [--seconds N] [--sizes 100,1000,10000]`
 */
import { measureCallsBesideRefreshes } from './scale/calls.ts';
import { measureCost, measureMemory, measureSmallTotal } from './scale/cost.ts';
import { measureScaleSoak } from './scale/soak.ts';
import { measurePairs, measureSizes } from './scale/stalls.ts';
import { measureStreaming } from './scale/streaming.ts';
import { runParts } from './support/run-parts.ts';

await runParts(
  {
    name: 'scale',
    question: 'Does the main thread notice that a map of 10 000 entries is loaded, refreshed and kept?',
    options: { rounds: { type: 'string' }, seconds: { type: 'string' }, sizes: { type: 'string' } },
  },
  ({ rounds, seconds, sizes }) => {
    const count = (usual: number): number => Number(rounds ?? usual);
    return {
      stall: (tell) => measureSizes((sizes ?? '100,1000,10000').split(',').map(Number), count(5), tell),
      pairs: (tell) => measurePairs(count(20), tell),
      calls: (tell) => measureCallsBesideRefreshes(count(5), Number(seconds ?? 15), tell),
      cost: (tell) => measureCost(count(10), tell),
      small: (tell) => measureSmallTotal(count(10), tell),
      memory: (tell) => measureMemory((sizes ?? '10000').split(',').map(Number), count(3), tell),
      streaming: (tell) => measureStreaming(count(5), tell),
      soak: (tell) => measureScaleSoak(Number(seconds ?? 300), tell),
    };
  },
);
