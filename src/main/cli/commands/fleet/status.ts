import type { FleetHost, FleetHostMap } from '../../../../shared/fleet/fleet-settings.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureFrom, print, printable } from '../../terminal/output.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { isoOf } from '../sync.ts';
import { assertConnected, shortDigest, warnOfRefused } from './hosts.ts';
import { type FleetCommandOptions, withFleetOf } from './join-fleet.ts';

/** What all hosts of a fleet know about one service map. */
interface FleetMapSummary {
  readonly name: string;
  readonly sourceId: string;
  /** SHA-256 and `generatedAt` (epoch ms) of the newest version that a host has; null if no host has the map. */
  readonly sha256: string | null;
  readonly generatedAtMs: number | null;
  /** Id of the host that fetches the map from its source for all hosts; null if there is no such host. */
  readonly leader: string | null;
  readonly hosts: number;
  /** Number of hosts that have the newest version. */
  readonly current: number;
}

/**
 * Shows the server, the hosts and the maps of a fleet. Resolves with the exit code: 0 if every map has a leader, and
 * every host has the newest version of its maps.
 */
export function runFleetStatus(options: FleetCommandOptions): Promise<number> {
  return withFleetOf(options, async (fleet) => {
    assertConnected(fleet);
    const probe = await fleet.ask((api) => api.probe());
    const { id } = fleet;
    const maps = mapsOf(fleet.hosts);
    const failure = unevenMaps(maps);
    const roles = { any: countOf(fleet.hosts, 'any'), reader: countOf(fleet.hosts, 'reader') };
    if (options.json) answerJson({ id, hosts: fleet.hosts.length, roles, server: probe, maps }, failure);
    else {
      const server = `${probe.server ?? 'version unknown'}, answers in ${probe.pingMs.toFixed(1)} ms`;
      const hosts = `${fleet.hosts.length} hosts, ${roles.reader} of them readers`;
      print(`fleet      ${printable(id)}\nserver     ${printable(server)}\nhosts      ${hosts}\n`);
      if (maps.length > 0) print(`\n${mapTable(maps)}\n`);
    }
    warnOfRefused(fleet);
    return failure === null ? EXIT.ok : EXIT.failed;
  });
}

/**
 * Returns one failure that lists all maps that have no leader or whose newest version is missing on some hosts. Returns
 * null if every map has a leader, and all hosts have its newest version.
 */
function unevenMaps(maps: readonly FleetMapSummary[]): Failure | null {
  const uneven = maps.filter(({ leader, hosts, current }) => leader === null || hosts !== current);
  if (uneven.length === 0) return null;
  const faults = uneven.map(({ sourceId, leader, hosts, current }) => {
    const missing = hosts === current ? [] : [`${current} of ${hosts} hosts have its newest version`];
    return `${printable(sourceId)}: ${[...(leader === null ? ['no host leads it'] : []), ...missing].join(', ')}`;
  });
  return failureFrom({ code: 'CHECK_FAILED', message: faults.join('; ') }, { failedCount: uneven.length });
}

function countOf(hosts: readonly FleetHost[], role: FleetHost['role']): number {
  return hosts.filter((host) => host.role === role).length;
}

function mapsOf(hosts: readonly FleetHost[]): readonly FleetMapSummary[] {
  const byName = Map.groupBy(
    hosts.flatMap(({ hostId, maps }) => maps.map((map) => ({ hostId, map }))),
    ({ map }) => map.name,
  );
  return [...byName].map(([name, held]) => {
    const newest = held.map(({ map }) => map).reduce(newerOf);
    const { sourceId, sha256, generatedAtMs } = newest;
    const leader = held.find(({ map }) => map.isLeading)?.hostId ?? null;
    const current = held.filter(({ map }) => map.sha256 === sha256).length;
    return { name, sourceId, sha256, generatedAtMs, leader, hosts: held.length, current };
  });
}

function newerOf(one: FleetHostMap, other: FleetHostMap): FleetHostMap {
  return (other.generatedAtMs ?? 0) > (one.generatedAtMs ?? 0) ? other : one;
}

function mapTable(maps: readonly FleetMapSummary[]): string {
  const rows = maps.map(({ sourceId, sha256, generatedAtMs, leader, hosts, current }) => [
    ...[printable(sourceId), shortDigest(sha256), generatedAtMs === null ? '' : isoOf(generatedAtMs)],
    ...[printable(leader ?? 'none'), `${current} of ${hosts}`],
  ]);
  return renderTable(['map', 'newest', 'generated', 'leader', 'hosts that have it'], rows);
}
