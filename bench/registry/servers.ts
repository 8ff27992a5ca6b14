import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerInfo } from '../../src/main/registry/fs-store.ts';
import type { BenchStore, OpenStore } from './stores.ts';

/** Creates a typical server, which takes about 300 bytes in the file. */
export function serverOf(index: number, port = 8_000): ServerInfo {
  return {
    name: `server-${index}`,
    transport: 'streamableHttp',
    endpoint: `https://host-${index}.example.com:${port}/mcp`,
    headers: { authorization: `Bearer ${String(index).padStart(40, 'k')}` },
    env: { REGION: 'eu-central-1', LEVEL: 'info' },
  };
}

/** Runs `work` with a registry of `count` servers in a temporary folder. */
export async function withStore<T>(
  open: OpenStore,
  count: number,
  work: (store: BenchStore) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-bench-'));
  const store = await open(
    folder,
    Array.from({ length: count }, (_, index) => serverOf(index)),
  );
  try {
    return await work(store);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
}
