/**
 * One start of a manager: `node come-up-process.ts CONFIG STATE_DIR COUNT [keep]`. Prints a ComeUpSample. With `keep`,
 * it closes the manager at the end, so that the state folder is ready for later starts.
 */
import { ConnectorProxyManager } from '../../src/main/index.ts';

export interface ComeUpSample {
  /** Time from creating the manager until all connectors are connected. */
  readonly upMs: number;
  /** Processor time of the process and its threads from creating the manager until all connectors are connected. */
  readonly cpuMs: number;
}

const [configFile = '', stateDir = '', count = '0', end = ''] = process.argv.slice(2);
const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
const manager = new ConnectorProxyManager({ configFile, stateDir });
await manager.sync();
await manager.ready('all');
const upMs = performance.now() - startedMs;
const { user, system } = process.cpuUsage(cpu);
const up = manager.status().connectors.filter(({ state }) => state === 'ready').length;
if (up !== Number(count)) throw new Error(`Only ${up} of ${count} connectors are connected`);
const sample: ComeUpSample = { upMs, cpuMs: (user + system) / 1_000 };
if (end === 'keep') await manager.close();
process.stdout.write(JSON.stringify(sample), () => process.exit());
