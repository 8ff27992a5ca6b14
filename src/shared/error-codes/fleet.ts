import { type ErrorCodeEntry, entry } from './entry.ts';

/** Several hosts that share a Redis or Valkey server. */
export const FLEET_ERRORS = {
  FLEET_UNAVAILABLE: entry(
    'The Redis or Valkey server of the fleet cannot be reached, or does not answer in time.',
    'Everything goes on without it. Check the server and the network; `mcp-switchyard fleet check` names the fault.',
  ),
  FLEET_REFUSED: entry(
    'The Redis or Valkey server of the fleet answered an error, or has a record or message that no host of it sealed.',
    'The message has it: mostly a permission that the ACL user lacks, no memory left, or a host with another secret.',
  ),
  FLEET_CLIENT_MISSING: entry(
    'The option `fleet` is set, and the package ioredis, which speaks to the server, is not installed.',
    'Install it beside mcp-switchyard: `npm install ioredis@6`.',
  ),
  FLEET_MAP_REFUSED: entry(
    'A service map that the fleet offered failed its checks, so the map in force stays.',
    'The message has the reason. Somebody who may write to the server of the fleet has put it there.',
  ),
  FLEET_MAP_BEHIND: entry(
    'The source has a newer service map than the fleet, though another host asks it each second.',
    'This host has the newer one. Look whether somebody holds back what the server of the fleet says.',
  ),
  FLEET_HOP_REFUSED: entry(
    'A request from another replica has no valid proof, or is one that was taken before.',
    'Give all replicas the same fleet id and secret; see docs/fleet.md.',
  ),
  FLEET_REPLICA_GONE: entry(
    'The replica that holds what a request is about cannot be reached.',
    'Send the whole request again: what that replica had under way is lost.',
  ),
  QUOTA_LOCAL: entry(
    'The server of the fleet is away, so that this host keeps its share of a quota by itself.',
    'Nothing has to be done; set `fleet.quotasWithout` to refuse calls instead.',
  ),
} as const satisfies Record<string, ErrorCodeEntry>;
