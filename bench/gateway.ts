/**
 * How much time does the gateway add to a call, a list, a large result and a start? The baselines are the client of the
 * official SDK without a gateway, and mcp-hub. All of them run alternately in the same run. `npm run bench -- gateway
 * [--only calls,rate,list,definitions,warm,clients,stream,hang] [--rounds N] [--no-peers]`
 */
import { installPeers } from './connectors/peers.ts';
import { measureCalls } from './gateway/calls.ts';
import { measureDefinitions } from './gateway/definitions.ts';
import { measureHang } from './gateway/hang.ts';
import { measureLists } from './gateway/list.ts';
import { measureManyClients } from './gateway/many-clients.ts';
import { measureRate } from './gateway/rate.ts';
import { measureStreams } from './gateway/stream.ts';
import { measureWarmStarts } from './gateway/warm.ts';
import { runParts } from './support/run-parts.ts';

await runParts(
  {
    name: 'gateway',
    question: 'What does the gateway add to a call, a list, a large result and a start?',
    options: { rounds: { type: 'string' }, 'no-peers': { type: 'boolean' } },
  },
  ({ rounds, 'no-peers': noPeers }) => {
    const count = (usual: number): number => Number(rounds ?? usual);
    const withPeers = !noPeers && installPeers('mcp-hub');
    return {
      calls: (tell) => measureCalls(count(3), withPeers, tell),
      rate: (tell) => measureRate(count(3), withPeers, tell),
      definitions: (tell) => measureDefinitions(count(3), tell),
      list: (tell) => measureLists(count(3), withPeers, tell),
      warm: (tell) => measureWarmStarts(count(20), withPeers, tell),
      clients: (tell) => measureManyClients(count(5), withPeers, tell),
      stream: (tell) => measureStreams(count(10), withPeers, tell),
      hang: (tell) => measureHang(count(3), withPeers, tell),
    };
  },
);
