import { counter, gauge } from './instrument-entry.ts';

/** Metrics of a fleet (docs/fleet.md). On a host that is not in a fleet, the gauges have no value. */
export const FLEET_INSTRUMENTS = {
  fleetConnected: gauge('mcp_fleet_connected', "Whether the fleet's Redis or Valkey server answers: 1 or 0."),
  fleetLeader: gauge('mcp_fleet_leader', 'Service maps that this host polls at the source for the whole fleet.'),
  fleetHosts: gauge('mcp_fleet_hosts', 'Hosts of the fleet, including this host, at the last look into Redis.'),
  fleetLag: gauge(
    'mcp_fleet_lag_seconds',
    'How much older the service map of this host is than the newest map of the fleet, by `generatedAt`. The ' +
      'maximum of several maps; 0 if no map is older.',
  ),
  fleetRefused: counter(
    'mcp_fleet_refused_total',
    'Rejected data, by kind. hop: requests or responses of other replicas. map, host, session, login, pin, ' +
      'tool, quota or other: records in Redis that failed checks, and commands that the server refused.',
    'kind',
  ),
  fleetPermits: counter(
    'mcp_fleet_permits_total',
    'Permits for calls with a quota that this host requested from the fleet, by outcome: granted or refused.',
    'outcome',
  ),
};
