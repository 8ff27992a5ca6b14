/** Runs before each test file: keeps every error that is made, and the metrics as they are at its end. */
import { subscribe } from 'node:diagnostics_channel';
import { afterAll } from 'vitest';
// Not from index.ts, which would bring the whole library into each test file.
import { getConnectorMetricsRegistry } from '../../src/main/observability/instruments.ts';
import { keepEvidence } from './evidence.ts';

subscribe('mcp-switchyard:error', (message) => keepEvidence('error', message));

afterAll(async () => {
  keepEvidence('metrics', await getConnectorMetricsRegistry().metrics());
});
