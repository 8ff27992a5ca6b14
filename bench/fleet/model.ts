/**
 * Model of the load that a fleet causes at its source and at its Redis server. It is computed from what hosts do and
 * how often they do it, without a clock or a network. The constants come from src/workers/fleet and
 * src/main/service-map/fleet. `npm run bench -- fleet --only model` compares the model with the counters of a real
 * server.
 */

/** Properties of a fleet, and how often its map changes. */
export interface FleetShape {
  readonly hosts: number;
  /** Number of hosts that are gateways, which forward requests to each other. */
  readonly replicas: number;
  /** Interval in seconds at which a host without a fleet refreshes its map. */
  readonly intervalSeconds: number;
  /** Number of map changes per second. */
  readonly changesPerSecond: number;
  /**
   * Size of the encrypted map, and of the encrypted patch for a change, in bytes. The size of the patch is null if the
   * map is too small for patches.
   */
  readonly bodyBytes: number;
  readonly patchBytes: number | null;
}

/** Commands per second by name, counted in the same way as in `INFO commandstats`. */
type CommandRates = Readonly<Record<string, number>>;

export interface FleetLoad {
  /**
   * Requests per second at the source: polls by the leader (`sourcePolls`), and audits by all hosts (`sourceAudits`).
   */
  readonly sourcePolls: number;
  readonly sourceAudits: number;
  /** Requests per second that the same hosts would send to the source without a fleet. */
  readonly sourceAlone: number;
  readonly commands: CommandRates;
  readonly commandsPerSecond: number;
  /** Number of messages per second that the Redis server delivers to subscribers. */
  readonly deliveriesPerSecond: number;
  readonly connections: number;
  /** Bytes per second that the Redis server sends. */
  readonly sentBytesPerSecond: number;
  /** Memory of the Redis server in addition to the memory of an empty server. */
  readonly memoryBytes: number;
}

/** Sizes that are measured once, as input for the model. */
export interface MeasuredSizes {
  /** Redis memory for one more host: its three connections, its record, and its entry in the roster of all hosts. */
  readonly memoryPerHostBytes: number;
  /** Size of the encrypted map head in a message (`headBytes`), and of a host's encrypted record (`recordBytes`). */
  readonly headBytes: number;
  readonly recordBytes: number;
}

const POLLS_PER_SECOND = 1;
const AUDIT_SHARE = 1 / 100;
const BEATS_PER_SECOND = 2;
const CONNECTIONS_PER_HOST = 3;
const PIECE_BYTES = 256 * 1024;
const PATCHED_FROM_BYTES = 256 * 1024;

/** Constants of the roster (the list of hosts), from src/workers/fleet/roster. */
const TURN_SECONDS = 5;
const LARGE_FLEET = 1_000;
const MAX_SAMPLE = 256;
const MAX_AGAIN = 16;
const CLEANERS = 10;
const NAME_BYTES = 24;

/** Interval of the pings on each connection, from src/workers/fleet/connection. */
const PING_SECONDS = 5;

/** Bytes that the protocol adds to a delivered message or a reply. */
const FRAME_BYTES = 80;

/** Returns the load of a fleet in which nothing happens except changes of its map. */
export function fleetLoad(shape: FleetShape, sizes: MeasuredSizes): FleetLoad {
  const { hosts, replicas, intervalSeconds, changesPerSecond, bodyBytes, patchBytes } = shape;
  const turnSeconds = hosts - 1 > LARGE_FLEET ? 2 * TURN_SECONDS : TURN_SECONDS;
  const turns = hosts / turnSeconds;
  const isSmall = hosts <= MAX_SAMPLE;
  const again = Math.min(MAX_AGAIN, hosts - 1);
  const cleaned = Math.min(1, CLEANERS / Math.max(1, hosts - 1));
  // After each map change, each host writes its record once more, without reading the roster.
  const writes = turns + hosts * changesPerSecond;
  const readBytes = patchBytes ?? bodyBytes;
  // The division rounds down, so 1 is added for the last piece, which is shorter.
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
  // The leader publishes the map head again after each response from the source, because the head contains a number of
  // confirmations, which has grown.
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

/** Whether hosts read changes of a map of this size as patches. */
export function hasPatches(plainBytes: number): boolean {
  return plainBytes >= PATCHED_FROM_BYTES;
}
