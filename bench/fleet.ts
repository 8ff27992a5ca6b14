/**
 * How often do hosts request a map from its source, and how soon does a change reach the last host, with and without a
 * fleet? Real managers run in several processes, with a real Redis server and real verification. Part `hosts` compares
 * a fleet with hosts without a fleet. Part `large` uses a map of 14 MB. Part `many` runs as many hosts as the machine
 * can. Part `model` measures the load of the Redis server, compares it with a model, and extrapolates. `npm run bench
 * -- fleet [--only hosts,large,many,model] [--hosts N] [--processes N] [--entries N] [--changes N] [--kills N]
 * [--interval SECONDS] [--seconds N]`
 */
import { hasRedis } from '../test/helpers/fleet/redis-server.ts';
import { measureHosts } from './fleet/hosts.ts';
import { measureLarge } from './fleet/large.ts';
import { measureMany } from './fleet/many.ts';
import { measureModel } from './fleet/measure-model.ts';
import { runParts } from './support/run-parts.ts';

const number = { type: 'string' } as const;

if (!hasRedis) {
  process.stdout.write('SKIPPED: neither redis-server nor valkey-server is installed.\n');
  process.exit(0);
}

await runParts(
  {
    name: 'fleet',
    question: 'How often is a source queried, and how soon does the last host have a change, with a fleet and without?',
    options: {
      ...{ hosts: number, processes: number, entries: number, changes: number, kills: number, interval: number },
      seconds: number,
    },
  },
  ({ hosts, processes, entries, changes, kills, interval, seconds }) => {
    const shared = { processes: Number(processes ?? 4), intervalMs: Number(interval ?? 10) * 1_000 };
    const own = (count: number, size: number, changed: number) => ({
      ...shared,
      ...{ hosts: Number(hosts ?? count), entries: Number(entries ?? size), changes: Number(changes ?? changed) },
    });
    return {
      hosts: (tell) => measureHosts({ ...own(200, 100, 12), kills: Number(kills ?? 3) }, tell),
      large: (tell) => measureLarge({ ...own(4, 10_000, 6), hosts: 4 }, tell),
      many: (tell) => measureMany(own(1_000, 100, 5), tell),
      model: (tell) => {
        const most = Number(hosts ?? 200);
        const sizes = [Math.ceil(most / 4), most] as const;
        return measureModel({ ...own(most, 100, 0), sizes, seconds: Number(seconds ?? 30) }, tell);
      },
    };
  },
);
