/**
 * Worker of streaming.ts. It sends entries in chunks of `size` entries, with at most `credits` chunks in transit. If
 * `size` is 0, it posts all entries as one structured clone.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { pack } from '../../src/shared/codec.ts';

const { count, isHeterogeneous, size, credits } = workerData as {
  readonly count: number;
  readonly isHeterogeneous: boolean;
  readonly size: number;
  readonly credits: number;
};
const entries = Array.from({ length: count }, (_, index) => ({
  id: `c${index}`,
  version: '1.4.2',
  name: `Connector ${index}`,
  description: 'A connector with a description of an ordinary length, as a person would write it. '.repeat(3),
  scopes: ['read', 'write', `tenant-${index % 17}`],
  endpoint: `http://127.0.0.1:9/${index}`,
  headers: { 'x-tenant': `tenant-${index % 17}` },
  metadata: {
    notes: 'x'.repeat(440),
    ...(isHeterogeneous && { [`x-${index}`]: index, [`y-${index % 97}`]: { [`z-${index}`]: true } }),
  },
}));
const port = parentPort;
if (port === null) throw new Error('This module must run in a worker thread');

async function send(): Promise<void> {
  if (size === 0) return port?.postMessage({ kind: 'all', entries });
  let left = credits;
  let wake = (): void => {};
  const onCredit = (): void => {
    left += 1;
    wake();
  };
  port?.on('message', onCredit);
  for (let start = 0; start < count; start += size) {
    while (left === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    left -= 1;
    const chunk = entries.slice(start, start + size);
    const packed = pack(chunk);
    const ids = chunk.map(({ id }) => id);
    port?.postMessage({ kind: 'chunk', ids, enabled: chunk.map(() => false), unusable: [], packed }, [packed.buffer]);
  }
  port?.postMessage({ kind: 'end' });
}

port.once('message', () => void send());
port.postMessage({ kind: 'ready' });
