/**
 * How long do connectors take to start, how fast are their calls, and do they stay connected? The baselines are the
 * client of the official SDK, and other projects' clients (the peers). All of them run alternately in the same run.
 * `npm run bench -- connectors [--only cold,calls,steady,chaos,soak] [--rounds N] [--no-peers] [--seconds N] [--cycles
 * N] [--seed N]`
 */
import { measureCalls, measureSteady } from './connectors/calls.ts';
import { measureChaos } from './connectors/chaos.ts';
import { measureColdStarts } from './connectors/cold.ts';
import { installPeers } from './connectors/peers.ts';
import { measureSoak } from './connectors/soak.ts';
import { runParts } from './support/run-parts.ts';

await runParts(
  {
    name: 'connectors',
    question: 'How fast do connectors come up, how fast are their calls, and do they stay up?',
    options: {
      rounds: { type: 'string' },
      'no-peers': { type: 'boolean', default: false },
      seconds: { type: 'string', default: '60' },
      cycles: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
    },
  },
  ({ rounds, seconds, cycles, seed, 'no-peers': noPeers }) => {
    const count = (usual: number): number => Number(rounds ?? usual);
    return {
      cold: (tell) =>
        measureColdStarts({ rounds: count(10), withPeers: !noPeers && installPeers('@mastra/mcp') }, tell),
      calls: (tell) => measureCalls(count(5), tell),
      steady: (tell) => measureSteady(count(3), tell),
      chaos: (tell) => measureChaos({ seconds: Number(seconds), seed: Number(seed) }, tell),
      soak: (tell) => measureSoak(Number(cycles), tell),
    };
  },
);
