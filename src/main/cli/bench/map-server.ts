import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fetch } from 'undici';
import { ownFile } from '../own-file.ts';

/** The HMAC key that signs all maps of the benchmarks. */
export const MAP_KEY = 'a key for benchmarks';

/** Describes the map that a map process serves. */
export interface MapProcessOptions {
  readonly count: number;
  /** Endpoints of the first entries, which are enabled. All later entries are disabled, unless `enabled` is true. */
  readonly endpoints: readonly string[];
  /** Whether the entries without an endpoint are enabled as well. They get an address at which no server listens. */
  readonly enabled?: boolean;
  /** Whether each entry has fields with names that no other entry has. */
  readonly isHeterogeneous?: boolean;
  /** How long the server waits before it answers a request. */
  readonly latencyMs?: number;
}

/** How a map process answers the next requests for its map. */
export type MapMode = `changed/${number}` | 'same' | 'not-modified' | 'failing';

/** A process that serves a changing map. It is killed when this object is disposed or the current process exits. */
export interface MapProcess extends Disposable {
  readonly url: string;
}

/** Starts a process that serves a changing map. Resolves once the process listens. */
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

/** Chooses how the map process at `url` answers the next requests. */
export async function serveNext(url: string, mode: MapMode): Promise<void> {
  await (await fetch(`${url}${mode}`, { method: 'POST' })).arrayBuffer();
}
