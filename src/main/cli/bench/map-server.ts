import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fetch } from 'undici';
import { ownFile } from '../own-file.ts';

/** The key that the maps of a benchmark are signed with. */
export const MAP_KEY = 'a key for benchmarks';

/** The map that a map process serves. */
export interface MapProcessOptions {
  readonly count: number;
  /** Endpoints of the first connectors, which are enabled; the others are disabled. */
  readonly endpoints: readonly string[];
  /** Whether the other connectors are enabled as well, at an address where no server listens. */
  readonly enabled?: boolean;
  /** Whether each entry has fields that no other entry has. */
  readonly isHeterogeneous?: boolean;
  /** How long the server waits before each answer. */
  readonly latencyMs?: number;
}

/** The answer to the next requests for the map. */
export type MapMode = `changed/${number}` | 'same' | 'not-modified' | 'failing';

/** A process that serves a changing map. It is killed when the scope ends or this process ends. */
export interface MapProcess extends Disposable {
  readonly url: string;
}

/** Starts a process that serves a changing map; resolves when it listens. */
export async function startMapProcess(options: MapProcessOptions): Promise<MapProcess> {
  const script = ownFile('bench/map-process');
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
