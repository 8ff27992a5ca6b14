import { createRequire } from 'node:module';
import { moduleNotLoaded } from '../../../shared/late-module.ts';

type PromClient = typeof import('prom-client');

/**
 * Loads prom-client synchronously, because `getConnectorMetricsRegistry()` is synchronous. Only the first call is slow.
 * Throws MODULE_NOT_LOADED. The build turns this call into a `require`, so that bundlers include prom-client.
 */
export function loadPromClient(): PromClient {
  const require = createRequire(import.meta.url);
  try {
    return require('prom-client') as PromClient;
  } catch (error) {
    throw moduleNotLoaded('prom-client', error);
  }
}
