import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { workerUrl } from '../../../src/main/threads/worker-url.ts';

describe('workerUrl', () => {
  it('workerUrl() returns the source file if the sources run directly', () => {
    expect(workerUrl('workers/fleet.worker').href).toBe(
      new URL('../../../src/workers/fleet.worker.ts', import.meta.url).href,
    );
    expect(workerUrl('workers/load/load-service-map.task').href.startsWith(pathToFileURL('/').href)).toBe(true);
  });
});
