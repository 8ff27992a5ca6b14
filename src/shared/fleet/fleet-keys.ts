import { hash } from 'node:crypto';

/**
 * Names of the keys and channels of a fleet in Redis. The braces in a name keep all keys of a fleet in one cluster
 * slot, because a Redis script may only use keys of one slot.
 */
export interface FleetKeys {
  /** Prefix of every key and channel of the fleet. */
  readonly prefix: string;
  readonly hosts: string;
  /** Key of the list of replicas, which are the hosts that other hosts forward requests to. */
  readonly replicas: string;
  host(hostId: string): string;
  map(mapName: string): FleetMapKeys;
  /** Returns the key of a connector's permit counters. */
  quota(connectorId: string): string;
  session(sessionId: string): string;
  /** The names that end in `News` are channels. */
  readonly hostNews: string;
  readonly sessionNews: string;
  readonly toolNews: string;
  readonly pinNews: string;
  readonly loginNews: string;
  pins(scope: string): string;
  pinLog(scope: string): string;
  tools(scope: string): string;
  /** Key of the set of all scopes that have tools or pins. */
  readonly toolScopes: string;
  logins(scope: string): string;
  loginLease(scope: string, loginId: string): string;
  /** Returns the key of a login that is waiting for the user's redirect. */
  pendingLogin(scope: string, name: string): string;
}

/** Names of the keys and the channel of one service map. */
export interface FleetMapKeys {
  readonly head: string;
  readonly lease: string;
  readonly fence: string;
  /** Channel on which the leader publishes the head of the map: after each change, and as its heartbeat. */
  readonly news: string;
  body(sha256: string): string;
  patch(oldSha256: string, newSha256: string): string;
}

/** Returns the names of the keys and channels of the fleet with this id. */
export function fleetKeys(fleetId: string): FleetKeys {
  const prefix = `{sw:${fleetId}}:`;
  return {
    prefix,
    hosts: `${prefix}hosts`,
    replicas: `${prefix}hosts:replicas`,
    host: (hostId) => `${prefix}host:${hostId}`,
    map(mapName) {
      const map = `${prefix}map:${mapName}:`;
      return {
        head: `${map}head`,
        lease: `${map}lease`,
        fence: `${map}fence`,
        news: `${prefix}news:${mapName}`,
        body: (sha256) => `${map}body:${sha256}`,
        patch: (oldSha256, newSha256) => `${map}patch:${oldSha256}:${newSha256}`,
      };
    },
    // A connector id may have any length, but the name of a key in Redis should be short.
    quota: (connectorId) => `${prefix}q:${shortHash(connectorId)}`,
    session: (sessionId) => `${prefix}sess:${shortHash(sessionId)}`,
    hostNews: `${prefix}hosts`,
    sessionNews: `${prefix}sess`,
    toolNews: `${prefix}tools`,
    pinNews: `${prefix}pins`,
    loginNews: `${prefix}logins`,
    pins: (scope) => `${prefix}pins:${scope}`,
    pinLog: (scope) => `${prefix}pinlog:${scope}`,
    tools: (scope) => `${prefix}tools:${scope}`,
    toolScopes: `${prefix}toolscopes`,
    logins: (scope) => `${prefix}login:${scope}`,
    loginLease: (scope, loginId) => `${prefix}login:${scope}:lease:${shortHash(loginId)}`,
    pendingLogin: (scope, name) => `${prefix}login:${scope}:pending:${shortHash(name)}`,
  };
}

/**
 * Returns the name of a service map in a fleet. The name is the same on each host that has the URL of the map, and does
 * not reveal that URL.
 */
export function fleetMapName(fleetId: string, url: string): string {
  return shortHash(JSON.stringify(['mcp-switchyard fleet map', fleetId, url]));
}

/**
 * Returns the scope of one connector from a file or the registry. The scope is the same on each host that has the
 * connector under this id and at this URL.
 */
export function fleetLocalScope(fleetId: string, connectorId: string, endpoint: string): string {
  return shortHash(JSON.stringify(['mcp-switchyard fleet connector', fleetId, connectorId, endpoint]));
}

function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
