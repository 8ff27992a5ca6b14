import type { FleetStatus } from '../../../fleet/fleet-status.ts';
import { printable } from '../../terminal/output.ts';

/** Returns the lines of `status` about the fleet. The list is empty if this host is in no fleet. */
export function fleetLines(fleet: FleetStatus | null): string[] {
  if (fleet === null) return [];
  const { id, isConnected, failure, hosts, role, lagMs, refusedCount } = fleet;
  const server = isConnected ? 'connected' : `away: ${printable(failure?.message ?? 'there is no connection yet')}`;
  const behind = lagMs === 0 ? '' : `; ${Math.round(lagMs / 1000)} s behind`;
  const refused = refusedCount === 0 ? '' : `; ${refusedCount} records refused`;
  return [
    `fleet      ${printable(id)}, ${server}`,
    `           ${hosts.length} hosts; role ${role}${behind}${refused}`,
  ];
}
