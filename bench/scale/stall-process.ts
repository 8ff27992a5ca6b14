/**
 * Keeps a map up to date in a separate process, in the way that WAY specifies: `node stall-process.ts WAY URL COUNT
 * REFRESHES`. Prints a StallSample.
 */
import { managerKeeper, plainKeeper } from '../../src/main/cli/bench/keepers.ts';
import { measureStalls } from '../../src/main/cli/bench/measure-stalls.ts';
import { cloneKeeper, floorKeeper } from './worker-keepers.ts';

const WAYS = {
  manager: managerKeeper('auto'),
  inline: managerKeeper('never'),
  plain: plainKeeper,
  clone: cloneKeeper,
  floor: floorKeeper,
};

const [way = '', url = '', count = '0', refreshes = '0'] = process.argv.slice(2);
const open = WAYS[way as keyof typeof WAYS];
if (open === undefined) throw new Error(`Unknown way "${way}"`);
const sample = await measureStalls(open, url, Number(count), Number(refreshes));
process.stdout.write(JSON.stringify(sample), () => process.exit());
