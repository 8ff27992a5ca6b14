/**
 * Makes calls while a map is refreshed, in a separate process: `node calls-process.ts WAY URL COUNT SECONDS`. Prints a
 * CallsSample.
 */
import { type CallsJob, measureCalls } from '../../src/main/cli/bench/measure-calls.ts';
import { floorKeeper } from './worker-keepers.ts';

const [way = '', url = '', count = '0', seconds = '0', besideUrl = ''] = process.argv.slice(2);
const job = {
  url,
  count: Number(count),
  seconds: Number(seconds),
  offload: 'auto',
  beside: null,
  tool: 'c0.tool_0',
  args: { query: 'railway' },
} as const;
// The control measurement. Another thread refreshes another map, and posts no result.
const control = async (): Promise<CallsJob> => {
  const keeper = await floorKeeper(besideUrl);
  return { ...job, isRefreshing: false, beside: () => keeper.refresh() };
};
const JOBS: Readonly<Record<string, () => Promise<CallsJob>>> = {
  'no refresh': async () => ({ ...job, isRefreshing: false }),
  control,
  manager: async () => ({ ...job, isRefreshing: true }),
  inline: async () => ({ ...job, isRefreshing: true, offload: 'never' }),
};
const make = JOBS[way];
if (make === undefined) throw new Error(`Unknown way "${way}"`);
const sample = await measureCalls(await make());
process.stdout.write(JSON.stringify(sample), () => process.exit());
