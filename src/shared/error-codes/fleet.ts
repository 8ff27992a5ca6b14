import { type ErrorCodeEntry, entry } from './entry.ts';

/** Error codes of several hosts that share a Redis or Valkey server. */
export const FLEET_ERRORS = {
  FLEET_UNAVAILABLE: entry(
    'The Redis or Valkey server of the fleet cannot be reached, or does not answer in time.',
    'The host continues without the server. Check the server and the network; `mcp-switchyard fleet check` ' +
      'names the fault.',
  ),
  FLEET_REFUSED: entry(
    'The Redis or Valkey server of the fleet answered with an error, or holds a record or message that no host ' +
      'of the fleet sealed.',
    'Read the message. Common causes are a missing permission of the ACL user, no memory left, or a host with ' +
      'another secret.',
  ),
  FLEET_CLIENT_MISSING: entry(
    'The option `fleet` is set, but its client package ioredis is not installed.',
    'Install it next to mcp-switchyard: `npm install ioredis@6`.',
  ),
  FLEET_MAP_REFUSED: entry(
    'A service map from the fleet failed its checks, so the current map stays in force.',
    'Read the reason in the message. A process with write access to the server of the fleet put the map there.',
  ),
  FLEET_MAP_BEHIND: entry(
    'The source has a newer service map than the fleet, although another host polls the source every second.',
    'This host uses the newer map. Check whether something suppresses updates on the server of the fleet.',
  ),
  FLEET_HOP_REFUSED: entry(
    'A request from another replica is not authenticated by a secret of the fleet, or is a replay.',
    'Give all replicas the same fleet id and secret (docs/fleet.md).',
  ),
  FLEET_REPLICA_GONE: entry(
    'The replica that holds the state of this request cannot be reached.',
    'Send the whole request again: work in progress on that replica is lost.',
  ),
  QUOTA_LOCAL: entry(
    'The server of the fleet is unreachable, so this host enforces its own share of the quota.',
    'Nothing to do. To refuse calls instead, set `fleet.quotasWithout`.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
