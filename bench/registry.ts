/**
 * How long does it take until a change of the registry is durable, and how long does that block the main thread? How
 * long does a start take until its tools are available? The baselines are the store that this package replaces (it
 * rewrites the whole file without fsync), write-file-atomic, lmdb and the SDK. All of them alternate in the same run.
 * `npm run bench -- registry [--only upsert,flush,warm] [--rounds N] [--no-peers]`
 */
import { installPeers } from './connectors/peers.ts';
import { measureFlushes } from './registry/flush.ts';
import { type OpenStore, OWN_STORES, PEER_STORES } from './registry/stores.ts';
import { measureUpserts } from './registry/upsert.ts';
import { measureWarmStarts } from './registry/warm.ts';
import { runParts } from './support/run-parts.ts';

await runParts(
  {
    name: 'registry',
    question:
      'How long does the registry take to make a change durable, does the main thread notice, and how soon does a start have its tools?',
    options: { rounds: { type: 'string' }, 'no-peers': { type: 'boolean' } },
  },
  ({ rounds, 'no-peers': noPeers }) => {
    const count = (usual: number): number => Number(rounds ?? usual);
    const stores = (): Readonly<Record<string, OpenStore>> => {
      if (noPeers) return OWN_STORES;
      if (!installPeers('lmdb'))
        throw new Error('The peers of this benchmark cannot be installed. Use --no-peers to leave them out.');
      return { ...OWN_STORES, ...PEER_STORES };
    };
    return {
      upsert: (tell) => measureUpserts(stores(), count(3), tell),
      flush: (tell) => measureFlushes(stores(), count(30), tell),
      warm: (tell) => measureWarmStarts(count(20), tell),
    };
  },
);
