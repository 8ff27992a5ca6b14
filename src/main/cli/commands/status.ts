import type { ManagerStatus } from '../../manager-status.ts';
import { EXIT, print, printable, printJson } from '../output.ts';
import { type SourceOptions, withManager } from '../source-options.ts';
import { connectorTable, isAllUp, isoOf } from './sync.ts';

/** Shows map, store and connectors in full. Resolves with the exit code: 0 if all are up. A map that cannot be had is part of the status. */
export function runStatus(options: SourceOptions): Promise<number> {
  return withManager(options, async (manager) => {
    const failure = await manager.sync().then(
      () => null,
      (error: unknown) => error,
    );
    const status = manager.status();
    // Without a map there is nothing to show but why.
    if (failure !== null && status.serviceMap.freshness === 'none') throw failure;
    const ok = isAllUp(status);
    if (options.json) printJson({ ok, ...status });
    else print(statusText(status));
    return ok ? EXIT.ok : EXIT.failed;
  });
}

function statusText({ serviceMap, connectors, toolCount, store }: ManagerStatus): string {
  const { url, id, brand, freshness, circuit, lastError, heldRemovals } = serviceMap;
  const lines = [
    `map        ${url}`,
    `           ${printable(id ?? '')}, brand ${printable(brand ?? '')}, signature verified`,
    `           ${freshness}; generated ${isoOf(serviceMap.generatedAt)}, expires ${isoOf(serviceMap.expiresAt)}; circuit ${circuit}`,
    ...(lastError === null
      ? []
      : [`           last refresh failed: ${lastError.code}: ${printable(lastError.message)}`]),
    ...(heldRemovals.length === 0
      ? []
      : [`           ${heldRemovals.length} connectors vanished at once and are held`]),
    `store      ${store.kind === 'off' ? 'none (give --state-dir to remember the map)' : `${store.kind}, ${store.stateDir}`}`,
    `tools      ${toolCount}`,
  ];
  return `${lines.join('\n')}\n\n${connectorTable(connectors)}`;
}
