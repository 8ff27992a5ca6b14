/**
 * How long does it take until this package is useful? Measures the import, the first call, the first list, worker
 * threads, round trips, calls through the gateway, and the command line. Each figure is compared with a baseline in the
 * same run, and the two alternate. `npm run bench -- startup [--only PART,…] [--rounds N] [--no-peers]`
 */
import { installPeers } from './connectors/peers.ts';
import { measureStartupCalls } from './startup/calls.ts';
import { measureCommandLine } from './startup/command-line.ts';
import { measureFirstList } from './startup/first-list.ts';
import { measureImport } from './startup/import.ts';
import { measureTrips } from './startup/trips.ts';
import { measureWorkers } from './startup/worker.ts';
import { runParts } from './support/run-parts.ts';

await runParts(
  {
    name: 'startup',
    question: 'How long until this package is useful, and what does a call cost?',
    options: { rounds: { type: 'string' }, 'no-peers': { type: 'boolean' } },
  },
  ({ rounds, 'no-peers': noPeers }) => {
    const count = (usual: number): number => Number(rounds ?? usual);
    return {
      import: (tell) => measureImport(count(15), tell),
      'first-list': (tell) => measureFirstList(count(15), tell),
      calls: (tell) => measureStartupCalls(count(3), tell),
      'command-line': (tell) => measureCommandLine(count(15), noPeers === undefined && installPeers('mcporter'), tell),
      trips: (tell) => measureTrips(count(10), tell),
      worker: (tell) => measureWorkers(count(15), tell),
    };
  },
);
