import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fetch } from 'undici';
import { workerUrl } from '../../../shared/protocol/worker-url.ts';
import type { MapProcessOptions } from './map-process.ts';

/** What the next requests for the map get. */
export type MapMode = `changed/${number}` | 'same' | 'not-modified' | 'failing';

/** The server of a changing map, a process of its own. Killed with the scope, and with this process. */
export interface MapProcess extends Disposable {
  readonly url: string;
}

export async function startMapProcess(options: MapProcessOptions): Promise<MapProcess> {
  const script = fileURLToPath(workerUrl('main/cli/bench/map-process'));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const [printed] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    url: printed.toString(),
    [Symbol.dispose]() {
      process.off('exit', kill);
      kill();
    },
  };
}

/** Chooses what the server at `url` sends next. */
export async function serveNext(url: string, mode: MapMode): Promise<void> {
  await (await fetch(`${url}${mode}`, { method: 'POST' })).arrayBuffer();
}
