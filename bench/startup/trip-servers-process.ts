/**
 * MCP servers that answer each request after the same time, in their own process: `node trip-servers-process.ts JOB`,
 * JSON. Each is behind a relay that delays every new connection. Prints a TripServersFacts, then runs until it is
 * killed.
 */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { Authority } from '../../test/helpers/tls-server.ts';
import { TripServer } from '../../test/helpers/trip-server.ts';

export interface TripServersJob {
  readonly era: 'legacy' | 'modern';
  readonly count: number;
  /** Whether all servers are paths of one origin. */
  readonly isOneOrigin: boolean;
  readonly requestMs: number;
  /**
   * Delay of a new connection. Above 0 the connection uses TLS, so that clients see the delay: the system accepts a TCP
   * connection at once.
   */
  readonly connectMs: number;
}

export interface TripServersFacts {
  readonly urls: readonly string[];
  /** URL of one more server, which answers at once. */
  readonly warmUrl: string;
  /** Certificate authority of the servers, PEM; null without TLS. */
  readonly ca: string | null;
  /** URL that returns a TripCounts of the requests since its last use. */
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

/** Returns the port of a relay to `port`. */
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
