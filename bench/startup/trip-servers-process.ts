/**
 * MCP servers that answer each request after the same time, in a separate process: `node trip-servers-process.ts JOB`,
 * where JOB is JSON. A relay in front of each server delays every new connection. Prints a TripServersFacts, and runs
 * until it is killed.
 */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { Authority } from '../../test/helpers/tls-server.ts';
import { TripServer } from '../../test/helpers/trip-server.ts';

export interface TripServersJob {
  readonly era: 'legacy' | 'modern';
  readonly count: number;
  /** Whether all servers have the same origin, with different paths. */
  readonly isOneOrigin: boolean;
  readonly requestMs: number;
  /**
   * Delay of a new connection in milliseconds. If it is above 0, connections use TLS, because without TLS clients would
   * not notice the delay: the operating system accepts a TCP connection immediately.
   */
  readonly connectMs: number;
}

export interface TripServersFacts {
  readonly urls: readonly string[];
  /** URL of an additional server, which answers immediately. */
  readonly warmUrl: string;
  /** Certificate authority of the servers in PEM; null if they do not use TLS. */
  readonly ca: string | null;
  /** URL that returns a TripCounts, the number of requests since this URL was last requested. */
  readonly countsUrl: string;
}

export interface TripCounts {
  readonly requests: number;
  readonly connections: number;
}

const job = JSON.parse(process.argv[2] ?? '{}') as TripServersJob;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Starts a relay to `port`, and resolves with the relay's own port. */
function relayTo(port: number): Promise<number> {
  return listen(
    createServer({ pauseOnConnect: true }, (client) => {
      client.on('error', () => client.destroy());
      setTimeout(() => {
        const server = connect(port, '127.0.0.1');
        const end = (): void => void [client, server].map((socket) => socket.destroy());
        server.on('error', end).on('close', end);
        client.on('close', end);
        client.pipe(server).pipe(client);
        client.resume();
      }, job.connectMs);
    }),
  );
}

const authority = job.connectMs > 0 ? await Authority.create() : null;
const tls = (await authority?.sign()) ?? null;
const start = (delayMs: number): Promise<TripServer> =>
  TripServer.start({ era: job.era, delayMs, ...(tls !== null && { tls }) });

const servers: TripServer[] = [];
const urls: string[] = [];
for (let index = 0; index < (job.isOneOrigin ? 1 : job.count); index += 1) {
  const server = await start(job.requestMs);
  const url = new URL(server.url);
  if (job.connectMs > 0) url.port = String(await relayTo(Number(url.port)));
  servers.push(server);
  urls.push(url.href);
}
const warm = await start(0);

const counts = createHttpServer((_, response) => {
  const sum: TripCounts = {
    requests: servers.reduce((all, { trips }) => all + trips.length, 0),
    connections: servers.reduce((all, { connections }) => all + connections, 0),
  };
  for (const server of servers) {
    server.trips.length = 0;
    server.connections = 0;
  }
  response.end(JSON.stringify(sum));
});
const facts: TripServersFacts = {
  urls: job.isOneOrigin ? Array.from({ length: job.count }, (_, index) => `${urls[0]}/${index}`) : urls,
  warmUrl: warm.url,
  ca: authority?.cert ?? null,
  countsUrl: `http://127.0.0.1:${await listen(counts)}/`,
};
process.stdout.write(`${JSON.stringify(facts)}\n`);
