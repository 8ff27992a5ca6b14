/**
 * How much time do logins take? Part `come-up` compares connectors that have a valid login with the same connectors
 * without logins. The two alternate, in new processes. In part `refreshes`, two processes with one state folder share
 * 100 logins, all of which must be refreshed at the same time. This part measures how the refreshes are spread over
 * time, and whether a refresh token is used twice. `npm run bench -- logins [--only come-up,refreshes] [--pairs N]
 * [--connectors N] [--logins N] [--seconds N]`
 */
import { measureComeUp } from './logins/come-up.ts';
import { measureRefreshes } from './logins/refreshes.ts';
import { runParts } from './support/run-parts.ts';

await runParts(
  {
    name: 'logins',
    question: 'What do logins to connectors cost?',
    options: {
      pairs: { type: 'string', default: '20' },
      connectors: { type: 'string', default: '16' },
      logins: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '60' },
    },
  },
  ({ pairs, connectors, logins, seconds }) => ({
    'come-up': (tell) => measureComeUp({ pairs: Number(pairs), count: Number(connectors) }, tell),
    refreshes: (tell) => measureRefreshes({ count: Number(logins), seconds: Number(seconds) }, tell),
  }),
);
