import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import { MAP_KEY, startMapProcess } from '../../src/main/cli/bench/map-server.ts';
import type { Row, Section } from '../../src/main/cli/bench/report-figures.ts';
import { distFolder } from '../gateway/dist.ts';
import { type ServingProcess, startServing } from '../support/serving-process.ts';
import type { TripCounts, TripServersFacts, TripServersJob } from './trip-servers-process.ts';
import type { ListingSample, TripsJob, TripTargets } from './trips-process.ts';

const SERVERS = fileURLToPath(new URL('./trip-servers-process.ts', import.meta.url));
const LISTING = fileURLToPath(new URL('./trips-process.ts', import.meta.url));

const COUNT = 16;
const REQUEST_MS = 100;
const MAP_MS = 100;

const SDK_2 = 'SDK 2.x';
const SDK_1 = 'SDK 1.x';
const UNKNOWN = 'switchyard';
const REMEMBERED = 'switchyard, remembered';
const WITHOUT_MAP = 'configuration file';
const WITH_MAP = `map ${MAP_MS} ms away`;

interface Scenario {
  readonly title: string;
  readonly servers: Pick<TripServersJob, 'era' | 'isOneOrigin' | 'connectMs'>;
  readonly ways: readonly string[];
}

const SCENARIOS: readonly Scenario[] = [
  {
    title: `${COUNT} legacy connectors, connections free`,
    servers: { era: 'legacy', isOneOrigin: false, connectMs: 0 },
    ways: [SDK_2, SDK_1, UNKNOWN, REMEMBERED],
  },
  {
    title: `${COUNT} legacy connectors, 200 ms a connection`,
    servers: { era: 'legacy', isOneOrigin: false, connectMs: 200 },
    ways: [SDK_2, SDK_1, UNKNOWN, REMEMBERED],
  },
  {
    title: `${COUNT} legacy connectors of one origin`,
    servers: { era: 'legacy', isOneOrigin: true, connectMs: 0 },
    ways: [SDK_2, SDK_1, UNKNOWN, REMEMBERED],
  },
  {
    title: `${COUNT} modern connectors`,
    servers: { era: 'modern', isOneOrigin: false, connectMs: 0 },
    ways: [SDK_2, UNKNOWN],
  },
  {
    title: `${COUNT} modern connectors of one origin`,
    servers: { era: 'modern', isOneOrigin: true, connectMs: 0 },
    ways: [SDK_2, UNKNOWN],
  },
];

type Tell = (section: Section) => void;

type Sample = ListingSample & TripCounts;

/** One measurement: the program to run, and its job. */
interface Turn {
  readonly way: string;
  readonly program: string;
  readonly job: TripsJob;
}

/**
 * Measures how long it takes to list the tools of 16 servers that answer each request after 100 ms, and how many
 * requests and connections that needs. The programs list them in turns, each time in a new process.
 */
export async function measureTrips(rounds: number, tell: Tell): Promise<void> {
  for (const scenario of SCENARIOS) tell(await measureScenario(scenario, rounds));
  tell(await measureMap(rounds));
}

async function measureScenario({ title, servers, ways }: Scenario, rounds: number): Promise<Section> {
  using world = await World.start(servers);
  const turns = ways.map((way): Turn => {
    const stateDir = way === REMEMBERED ? join(world.folder, 'state') : null;
    const program = way === SDK_1 || way === SDK_2 ? way : UNKNOWN;
    return { way, program, job: { ...world.job, warmUp: world.warmUp, stateDir } };
  });
  const remembering = turns.find(({ way }) => way === REMEMBERED);
  if (remembering !== undefined) await world.run(remembering);
  return {
    title: `${title}, ${REQUEST_MS} ms a request`,
    rows: rowsOf(await takeTurns(world, turns, rounds), SDK_2),
    notes: [
      'Before the clock starts, each process lists one server that answers immediately, so that its code is loaded',
      'Requests and connections of a whole process, including work after the lists',
    ],
  };
}

/**
 * Measures cold starts in which the connectors come from a map. The map must be loaded and verified before its
 * connectors are known.
 */
async function measureMap(rounds: number): Promise<Section> {
  using world = await World.start({ era: 'modern', isOneOrigin: false, connectMs: 0 });
  using map = await startMapProcess({ count: COUNT, endpoints: world.job.targets.urls, latencyMs: MAP_MS });
  const program = UNKNOWN;
  const mapped = { ...world.job, map: { serviceMapUrl: map.url, signatureKey: MAP_KEY } };
  const turns: readonly Turn[] = [
    { way: WITHOUT_MAP, program, job: world.job },
    { way: WITH_MAP, program, job: mapped },
  ];
  return {
    title: `${COUNT} modern connectors of a map, from a cold start`,
    rows: rowsOf(await takeTurns(world, turns, rounds), WITHOUT_MAP),
  };
}

/** The running servers of a scenario, and a temporary folder for its files. */
class World implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'switchyard-trips-'));
  readonly #serving: ServingProcess<TripServersFacts>;

  private constructor(serving: ServingProcess<TripServersFacts>) {
    this.#serving = serving;
    const { ca } = serving.printed;
    if (ca !== null) writeFileSync(this.#caFile, ca);
  }

  static async start(servers: Scenario['servers']): Promise<World> {
    const job: TripServersJob = { ...servers, count: COUNT, requestMs: REQUEST_MS };
    return new World(await startServing<TripServersFacts>(SERVERS, [JSON.stringify(job)]));
  }

  /** Job for a cold start with a configuration file and without a state folder. */
  get job(): TripsJob {
    const library = pathToFileURL(join(distFolder(), 'main', 'index.js')).href;
    const targets = this.#targets('servers', this.#serving.printed.urls);
    return { targets, library, warmUp: null, stateDir: null, map: null };
  }

  get warmUp(): TripTargets {
    return this.#targets('warm-up', [this.#serving.printed.warmUrl]);
  }

  async run({ program, job }: Turn): Promise<Sample> {
    await this.#counts();
    // All programs get the certificate authority in the same way: through an environment variable of their process.
    const { ca } = this.#serving.printed;
    const before = process.env.NODE_EXTRA_CA_CERTS;
    if (ca !== null) process.env.NODE_EXTRA_CA_CERTS = this.#caFile;
    try {
      const listed = await inFreshProcess<ListingSample>(LISTING, [program, JSON.stringify(job)]);
      return { ...listed, ...(await this.#counts()) };
    } finally {
      if (before === undefined) delete process.env.NODE_EXTRA_CA_CERTS;
      else process.env.NODE_EXTRA_CA_CERTS = before;
    }
  }

  [Symbol.dispose](): void {
    this.#serving[Symbol.dispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #caFile(): string {
    return join(this.folder, 'ca.pem');
  }

  #targets(name: string, urls: readonly string[]): TripTargets {
    const configFile = join(this.folder, `${name}.json`);
    const mcpServers = Object.fromEntries(urls.map((url, index) => [`c${index}`, { url }]));
    writeFileSync(configFile, JSON.stringify({ mcpServers }));
    return { urls, configFile };
  }

  /** Returns the numbers of requests and connections since the last call. */
  async #counts(): Promise<TripCounts> {
    return (await (await fetch(this.#serving.printed.countsUrl)).json()) as TripCounts;
  }
}

async function takeTurns(
  world: World,
  turns: readonly Turn[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
  const samples = new Map<string, Sample[]>(turns.map(({ way }) => [way, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) samples.get(turn.way)?.push(await world.run(turn));
  return samples;
}

function rowsOf(samples: ReadonlyMap<string, readonly Sample[]>, baseline: string): Row[] {
  const rows = (metric: string, unit: string, of: (sample: Sample) => number): Row[] =>
    [...samples].map(([way, list]) => ({ way, metric, unit, samples: list.map(of), baseline }));
  return [
    ...rows('until all are listed', 'ms', ({ tookMs }) => tookMs),
    ...rows('processor time', 'ms', ({ cpuMs }) => cpuMs),
    ...rows('requests', '', ({ requests }) => requests),
    ...rows('connections', '', ({ connections }) => connections),
  ];
}
