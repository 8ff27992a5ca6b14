/**
 * How long does it take until many stdio servers are connected on a machine with few processors? The baselines are
 * mcporter, mcp-hub and the plain SDK. The SDK starts all servers at the same time, one by one, or as many at a time as
 * there are cores plus one. All of them alternate in the same run. `npm run bench -- programs [--only
 * cpu,waiting,silent] [--runs N] [--no-peers] [--count N] [--burn MS] [--wait MS]`
 */
import { installPeers } from './connectors/peers.ts';
import { measureCpu, measureSilent, measureWaiting, type PartOptions } from './programs/parts.ts';
import { runParts } from './support/run-parts.ts';

await runParts(
  {
    name: 'programs',
    question: 'How soon do many stdio servers come up at once, on few processors?',
    options: {
      runs: { type: 'string', default: '5' },
      'no-peers': { type: 'boolean', default: false },
      count: { type: 'string', default: '30' },
      burn: { type: 'string', default: '300' },
      wait: { type: 'string', default: '10000' },
      cap: { type: 'string', default: '60000' },
    },
  },
  ({ runs, count, burn, wait, cap, 'no-peers': noPeers }) => {
    const options: PartOptions = {
      runs: Number(runs),
      withPeers: !noPeers && installPeers('mcp-hub') && installPeers('mcporter'),
      count: Number(count),
      burnMs: Number(burn),
      waitMs: Number(wait),
      capMs: Number(cap),
    };
    return {
      cpu: (tell) => measureCpu(options, tell),
      waiting: (tell) => measureWaiting(options, tell),
      silent: (tell) => measureSilent(options, tell),
    };
  },
);
