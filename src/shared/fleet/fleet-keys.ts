import { hash } from 'node:crypto';

/**
 * The names of a fleet's keys and channels in Redis. The braces keep a fleet in one cluster slot, which scripts need.
 */
export interface FleetKeys {
  /** What every key and channel of the fleet begins with. */
  readonly prefix: string;
  readonly hosts: string;
  /** The hosts that other hosts send requests to. */
  readonly replicas: string;
  host(hostId: string): string;
  map(mapName: string): FleetMapKeys;
  /** A connector's counters of permits. */
  quota(connectorId: string): string;
  session(sessionId: string): string;
  /** Channels. */
  readonly hostNews: string;
  readonly sessionNews: string;
  readonly toolNews: string;
  readonly pinNews: string;
  readonly loginNews: string;
  pins(scope: string): string;
  pinLog(scope: string): string;
  tools(scope: string): string;
  /** A set of all scopes that have tools or pins. */
  readonly toolScopes: string;
  logins(scope: string): string;
  loginLease(scope: string, loginId: string): string;
  /** A login that a person was sent away for. */
  pendingLogin(scope: string, name: string): string;
}

/** The keys and the channel of one service map. */
export interface FleetMapKeys {
  readonly head: string;
  readonly lease: string;
  readonly fence: string;
  /** Channel: the head after each change, and as the leader's beat. */
  readonly news: string;
  body(sha256: string): string;
  patch(oldSha256: string, newSha256: string): string;
}

/** The names of the fleet of that id. */
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
    // An id may hold anything; a name in Redis is to be of a known length.
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
 * How a fleet calls a service map: the same on each host that has its URL, and nothing of the URL can be read from it.
 */
export function fleetMapName(fleetId: string, url: string): string {
  return shortHash(JSON.stringify(['mcp-switchyard fleet map', fleetId, url]));
}

/**
 * The scope of one connector that is from a file or the registry: the same on each host that has it under this id and
 * at this URL.
 */
export function fleetLocalScope(fleetId: string, connectorId: string, endpoint: string): string {
  return shortHash(JSON.stringify(['mcp-switchyard fleet connector', fleetId, connectorId, endpoint]));
}

function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}
