/**
 * How much processor time do asymmetric signatures take, on the worker and on the main thread? Measures a refresh and a
 * full verification of a map. The baseline is the same map with only an HMAC. The two alternate, each in its own
 * thread. `npm run bench -- trust [--only canonical,plain] [--pairs N] [--entries N] [--changed N]`
 */
import { runParts } from './support/run-parts.ts';
import { measureTrust } from './trust/measure.ts';

await runParts(
  {
    name: 'trust',
    question: 'What do asymmetric signatures cost for a refresh and for a full verification of a map?',
    options: {
      pairs: { type: 'string', default: '20' },
      entries: { type: 'string', default: '10000' },
      changed: { type: 'string', default: '50' },
    },
  },
  ({ pairs, entries, changed }) => {
    const plan = { pairs: Number(pairs), count: Number(entries), changed: Number(changed) };
    return {
      canonical: (tell) => measureTrust(plan, 'canonical', tell),
      plain: (tell) => measureTrust(plan, 'plain', tell),
    };
  },
);
