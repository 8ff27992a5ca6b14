import { SwitchyardError } from '../../../../shared/errors.ts';
import type { FleetHost } from '../../../../shared/fleet/fleet-settings.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print, printable, say } from '../../terminal/output.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { isoOf } from '../sync.ts';
import { type FleetCommandOptions, withFleetOf } from './join-fleet.ts';

/** Number of digest characters that are shown. */
const SHORT_DIGEST = 8;

/**
 * Shows the role, address, version and maps of each host. Rejects with FLEET_UNAVAILABLE if the server does not answer.
 */
export function runFleetHosts(options: FleetCommandOptions): Promise<number> {
  return withFleetOf(options, async (fleet) => {
    assertConnected(fleet);
    if (options.json) answerJson({ hosts: fleet.hosts });
    else print(`${fleet.hosts.length === 0 ? 'There is no host in the roster.' : hostTable(fleet.hosts)}\n`);
    warnOfRefused(fleet);
    return EXIT.ok;
  });
}

/** Throws FLEET_UNAVAILABLE if the fleet's server has not answered. */
export function assertConnected(fleet: Fleet): void {
  if (fleet.isConnected) return;
  const { failure } = fleet.status();
  throw new SwitchyardError('FLEET_UNAVAILABLE', failure?.message ?? "The fleet's server did not answer");
}

/** Prints a warning to stderr if records of the fleet could not be read, or commands were refused. */
export function warnOfRefused(fleet: Fleet): void {
  const { refusedCount } = fleet.status();
  if (refusedCount > 0)
    say(`${refusedCount} records or commands were refused; hosts with another secret are not shown (\`fleet check\`).`);
}

/** Shortens a digest for display. */
export function shortDigest(sha256: string | null): string {
  return sha256 === null ? 'none' : printable(sha256.slice(0, SHORT_DIGEST));
}

function hostTable(hosts: readonly FleetHost[]): string {
  const rows = hosts.map(({ hostId, role, address, version, startedAt, maps }) => [
    ...[printable(hostId), role, printable(address ?? ''), printable(version), isoOf(startedAt)],
    maps.map((map) => `${shortDigest(map.sha256)}${map.isLeading ? ' (leads)' : ''}`).join(', '),
  ]);
  return renderTable(['host', 'role', 'address', 'version', 'started', 'maps'], rows);
}
