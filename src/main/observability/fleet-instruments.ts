import { counter, gauge } from './instrument-entry.ts';

/** The metrics of a fleet (docs/fleet.md). Without one, the gauges have no value. */
export const FLEET_INSTRUMENTS = {
  fleetConnected: gauge('mcp_fleet_connected', 'Whether the Redis or Valkey server of the fleet answers: 1 or 0.'),
  fleetLeader: gauge('mcp_fleet_leader', 'Service maps that this host asks the source for, for the whole fleet.'),
  fleetHosts: gauge('mcp_fleet_hosts', 'Hosts of the fleet, this one among them, as the roster had them last.'),
  fleetLag: gauge(
    'mcp_fleet_lag_seconds',
    'How much older the service map in force here is than the newest one of the fleet, by their `generatedAt`; of ' +
      'several maps the largest difference. 0 if none is older.',
  ),
  fleetRefused: counter(
    'mcp_fleet_refused_total',
    'Records in Redis that failed their checks, and commands that the server refused, by the kind of record: map, ' +
      'host, session, login, pin, tool, quota or other; and requests or answers of other replicas: hop.',
    'kind',
  ),
  fleetPermits: counter(
    'mcp_fleet_permits_total',
    'Permits for calls with a quota that this host asked the fleet for, by outcome: granted or refused.',
    'outcome',
  ),
};
