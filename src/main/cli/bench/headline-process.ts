/**
 * Takes one sample of a comparison in a separate process: `node headline-process.ts stalls|calls WAY URL ENTRIES N`.
 * WAY is the way of loading the map, such as `manager` or `plain`. N is the number of refreshes (`stalls`) or seconds
 * (`calls`). Prints the sample as JSON.
 */
import { managerKeeper, plainKeeper } from './keepers.ts';
import { measureCalls } from './measure-calls.ts';
import { measureStalls } from './measure-stalls.ts';

const KEEPERS = { manager: managerKeeper('auto'), inline: managerKeeper('never'), plain: plainKeeper };

const [kind = '', way = '', url = '', entries = '0', amount = '0'] = process.argv.slice(2);
const sample =
  kind === 'stalls'
    ? await measureStalls(KEEPERS[way as keyof typeof KEEPERS], url, Number(entries), Number(amount))
    : await measureCalls({
        ...{ url, count: Number(entries), seconds: Number(amount), beside: null },
        ...{ tool: 'c0.add', args: { a: 1, b: 2 } },
        isRefreshing: way !== 'no refresh',
        offload: way === 'inline' ? 'never' : 'auto',
      });
process.stdout.write(JSON.stringify(sample), () => process.exit());
