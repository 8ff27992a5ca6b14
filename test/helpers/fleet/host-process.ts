/** A process that runs hosts of a fleet. Its parent sends orders and receives reports (fleet-hosts.ts). */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { FleetHosts, type HostReport, type HostsConfig } from './fleet-hosts.ts';

/** Orders of the parent. */
export type HostOrder =
  | { readonly kind: 'start'; readonly config: HostsConfig }
  | { readonly kind: 'sync'; readonly host: number; readonly force: boolean }
  | { readonly kind: 'delay' }
  | { readonly kind: 'close' };

/**
 * Messages to the parent. A `delay` message reports the event loop delays since the previous order `delay`, in
 * milliseconds.
 */
export type HostMessage =
  | HostReport
  | { readonly kind: 'started' }
  | { readonly kind: 'delay'; readonly p99Ms: number; readonly maxMs: number; readonly rssBytes: number };

const say = (message: HostMessage): void => {
  process.send?.(message);
};

let hosts: FleetHosts | null = null;
const delays = monitorEventLoopDelay({ resolution: 10 });
delays.enable();

async function obey(order: HostOrder): Promise<void> {
  switch (order.kind) {
    case 'start':
      hosts = new FleetHosts(order.config, say);
      await hosts.start();
      say({ kind: 'started' });
      return;
    case 'sync':
      await hosts?.sync(order.host, order.force);
      return;
    case 'delay':
      say({
        kind: 'delay',
        p99Ms: delays.percentile(99) / 1e6,
        maxMs: delays.max / 1e6,
        rssBytes: process.memoryUsage.rss(),
      });
      delays.reset();
      return;
    case 'close':
      await hosts?.close();
      process.disconnect();
  }
}

process.on('message', (order: HostOrder) => void obey(order));
