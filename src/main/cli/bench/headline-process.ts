/**
 * Measures one side of one comparison in a process of its own: `node headline-process.ts stalls|calls WAY URL ENTRIES
 * N`, where N is the number of refreshes or of seconds. Prints the sample as JSON.
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
