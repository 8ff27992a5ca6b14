/** Runs before each test file. Records every error that is created, and the metrics at the end of the file. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll } from 'vitest';
// Not imported from index.ts, which would load the whole library into each test file.
import { getConnectorMetricsRegistry } from '../../src/main/observability/instruments.ts';
import { keepEvidence } from './evidence.ts';

const keepError = (message: unknown): void => keepEvidence('error', message);
subscribe('mcp-switchyard:error', keepError);

afterAll(async () => {
  // The unit tests share one thread. Without this, each file would also record the errors of all later files.
  unsubscribe('mcp-switchyard:error', keepError);
  keepEvidence('metrics', await getConnectorMetricsRegistry().metrics());
});
