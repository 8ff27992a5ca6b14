import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of several hosts that share a Redis or Valkey server. */
export const FLEET_ERRORS = {
  FLEET_UNAVAILABLE: entry(
    "The fleet's Redis or Valkey server cannot be reached, or does not answer in time.",
    'Check the server and the network: `mcp-switchyard fleet check` names the fault. While the server is ' +
      'unreachable, the host works without it.',
  ),
  FLEET_REFUSED: entry(
    "The fleet's Redis or Valkey server answered with an error, or a record or message on it was not sealed " +
      'by a host of the fleet.',
    'Correct what the message names. Common causes: the ACL user lacks a permission, the server has no memory ' +
      'left, or a host has another secret.',
  ),
  FLEET_CLIENT_MISSING: entry(
    'The option `fleet` is set, but its client package ioredis is not installed.',
    'Install it next to mcp-switchyard: `npm install ioredis@6`.',
  ),
  FLEET_MAP_REFUSED: entry(
    'A service map from the fleet failed its checks, so the current map stays in use.',
    "Read the reason in the message. Find out which process with write access to the fleet's Redis server " +
      'wrote that map.',
  ),
  FLEET_MAP_BEHIND: entry(
    'The source has a newer service map than the fleet, although another host polls the source every second.',
    'No action is needed on this host, because it uses the newer map. Check whether a process holds back updates ' +
      "on the fleet's Redis server.",
  ),
  FLEET_HOP_REFUSED: entry(
    'A request that claims to come from another replica is a replay, or no secret of the fleet authenticates it.',
    'Give all replicas the same fleet id and secret (docs/fleet.md).',
  ),
  FLEET_REPLICA_GONE: entry(
    'The replica that holds the state of this request cannot be reached.',
    'Start again with the first request, because the state on that replica is lost.',
  ),
  QUOTA_LOCAL: entry(
    "The fleet's server is unreachable, so this host enforces its own share of the quota.",
    'No action is needed. To refuse calls instead, set `fleet.quotasWithout` to `refuse`.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
