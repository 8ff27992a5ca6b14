/**
 * What do logins cost?
 * `come-up`: connectors with a valid login compared with the same connectors without, in fresh processes, interleaved.
 * `refreshes`: 100 logins that are due at once in two processes with one state folder. It measures how the refreshes
 * are spread, and whether any refresh token is spent twice.
 * `npm run bench -- logins [--only come-up,refreshes] [--pairs N] [--connectors N] [--logins N] [--seconds N]`
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
