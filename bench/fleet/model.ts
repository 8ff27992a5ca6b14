/**
 * Model of the load of a fleet on its source and its server, from what hosts do and how often. Pure: no clock, no
 * network. The constants come from src/workers/fleet and src/main/service-map/fleet. `-- fleet --only model`
 * compares the result with a real server's own counters.
 */

/** A fleet, and the rate of its map changes. */
export interface FleetShape {
  readonly hosts: number;
  /** Number of these hosts with a gateway, which other hosts send requests to. */
  readonly replicas: number;
  /** The hosts' own refresh interval, seconds. */
  readonly intervalSeconds: number;
  /** Changes of the map per second. */
  readonly changesPerSecond: number;
  /** Size of the sealed body, and of the patch of a change, in bytes. Null if the map is too small for patches. */
  readonly bodyBytes: number;
  readonly patchBytes: number | null;
}

/** Commands per second by name, in the way in which `INFO commandstats` counts client commands. */
type CommandRates = Readonly<Record<string, number>>;

export interface FleetLoad {
  /** Requests per second at the source: the leader's, and audits of all hosts. */
  readonly sourcePolls: number;
  readonly sourceAudits: number;
  /** Requests per second without a fleet. */
  readonly sourceAlone: number;
  readonly commands: CommandRates;
  readonly commandsPerSecond: number;
  /** Messages that the server delivers per second. */
  readonly deliveriesPerSecond: number;
  readonly connections: number;
  /** Bytes that the server sends per second. */
  readonly sentBytesPerSecond: number;
  /** Memory of the server in addition to that of an empty one. */
  readonly memoryBytes: number;
}

/** One-time measurements of the server and of records. */
export interface MeasuredSizes {
  /** Server memory for one more host: three connections, its record, its place in the roster. */
  readonly memoryPerHostBytes: number;
  /** Size of a sealed head as a message, and of a sealed record of a host. */
  readonly headBytes: number;
  readonly recordBytes: number;
}

const POLLS_PER_SECOND = 1;
const AUDIT_SHARE = 1 / 100;
const BEATS_PER_SECOND = 2;
const CONNECTIONS_PER_HOST = 3;
const PIECE_BYTES = 256 * 1024;
const PATCHED_FROM_BYTES = 256 * 1024;

/** Roster: src/workers/fleet/roster. */
const TURN_SECONDS = 5;
const LARGE_FLEET = 1_000;
const MAX_SAMPLE = 256;
const MAX_AGAIN = 16;
const CLEANERS = 10;
const NAME_BYTES = 24;

/** Interval of the pings on each connection: src/workers/fleet/connection. */
const PING_SECONDS = 5;

/** Protocol overhead of a delivered message or a reply. */
const FRAME_BYTES = 80;

/** Returns the load of a fleet that is at rest except for changes of its map. */
export function fleetLoad(shape: FleetShape, sizes: MeasuredSizes): FleetLoad {
  const { hosts, replicas, intervalSeconds, changesPerSecond, bodyBytes, patchBytes } = shape;
  const turnSeconds = hosts - 1 > LARGE_FLEET ? 2 * TURN_SECONDS : TURN_SECONDS;
  const turns = hosts / turnSeconds;
  const isSmall = hosts <= MAX_SAMPLE;
  const again = Math.min(MAX_AGAIN, hosts - 1);
  const cleaned = Math.min(1, CLEANERS / Math.max(1, hosts - 1));
  // A change is reported in the roster in a separate turn, which reads nothing.
  const writes = turns + hosts * changesPerSecond;
  const readBytes = patchBytes ?? bodyBytes;
  // The last piece is shorter than the others.
  const pieces = Math.floor(readBytes / PIECE_BYTES) + 1;
  const commands: CommandRates = {
    ping: (CONNECTIONS_PER_HOST * hosts) / PING_SECONDS,
    time: writes,
    set: writes,
    zadd: writes + (writes * replicas) / hosts,
    zremrangebyscore: cleaned * writes,
    zcard: turns,
    zrange: isSmall ? 2 * turns : turns,
    mget: hosts > 1 ? turns : 0,
    getrange: hosts * changesPerSecond * pieces,
    evalsha: BEATS_PER_SECOND + POLLS_PER_SECOND,
  };
  // Each response of the source is published with the count of its confirmations.
  const messages = BEATS_PER_SECOND + POLLS_PER_SECOND;
  const namesRead = (isSmall ? hosts : 0) + replicas;
  const commandsPerSecond = Object.values(commands).reduce((sum, rate) => sum + rate, 0);
  return {
    sourcePolls: POLLS_PER_SECOND,
    sourceAudits: (hosts / intervalSeconds) * AUDIT_SHARE,
    sourceAlone: hosts / intervalSeconds,
    ...{ commands, commandsPerSecond },
    deliveriesPerSecond: messages * hosts,
    connections: CONNECTIONS_PER_HOST * hosts,
    sentBytesPerSecond:
      messages * hosts * (sizes.headBytes + FRAME_BYTES) +
      turns * (again * sizes.recordBytes + namesRead * NAME_BYTES) +
      hosts * changesPerSecond * readBytes +
      commandsPerSecond * 8,
    memoryBytes: hosts * sizes.memoryPerHostBytes + 2 * bodyBytes + (patchBytes ?? 0),
  };
}

/** True if hosts read patches of a map of this size. */
export function hasPatches(plainBytes: number): boolean {
  return plainBytes >= PATCHED_FROM_BYTES;
}
