import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { Logger } from '../../observability/logger.ts';
import { detached } from '../../observability/trace.ts';
import { createGuard, type Guard } from '../http/guard.ts';
import { requestFault } from '../http/request-faults.ts';
import { LoginDesk, type LoginManager } from '../login/login-desk.ts';
import { LoginSite } from '../login/login-site.ts';
import type { LoginDoor } from '../messages/login-offer.ts';

/** Options of the logins that a gateway over stdio offers. */
export interface StdioLoginsOptions {
  readonly manager: LoginManager;
  readonly logger: Logger;
  /** https address of a client metadata document that another server hosts; null for none. */
  readonly clientMetadataUrl: string | null;
}

/** Logins for the client of a gateway over stdio. */
export interface StdioLogins extends LoginDoor {
  /** Ends logins in progress, and the listener. Idempotent; never rejects. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 16 * 1024;
const TIMEOUT_MS = 10_000;

/**
 * Creates login addresses for the only client of a gateway over stdio. Such a gateway does not listen for HTTP
 * requests. When the first address is requested, a listener for logins alone is opened on a free loopback port.
 */
export function createStdioLogins({ manager, logger, clientMetadataUrl }: StdioLoginsOptions): StdioLogins {
  let listening: Promise<{ readonly server: Server; readonly url: string }> | null = null;
  const open = (): typeof listening & object => (listening ??= listen((...pair) => void take(...pair)));
  const desk = new LoginDesk({
    ...{ manager, logger, clientMetadataUrl, ownUrl: async () => (await open()).url },
    rules: {
      ...{ isStdio: true, isLoopback: true, tokenCount: 0, hasFurtherHosts: false },
      ...{ publicUrl: null, hasOperatorToken: false },
    },
  });
  const site = new LoginSite({ desk, logger, operatorToken: null });
  const guard = createGuard({ allowedHosts: [], allowedOrigins: [], tokens: [], isLoopback: true });
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      await serve(request, response, guard, site);
    } catch (error) {
      if (response.destroyed || request.destroyed) return;
      logger.error({ event: 'gateway-failed', err: error }, `A request failed: ${messageOf(error)}`);
      response.destroy();
    }
  };
  return {
    async offer(request) {
      try {
        return await desk.offer(request);
      } catch (error) {
        // If no listener can be opened, the user can still log in on the command line.
        logger.warn({ event: 'login-failed', err: error }, `Cannot offer an address for logins: ${messageOf(error)}`);
        listening = null;
        return { kind: 'command' };
      }
    },
    async close() {
      desk.close();
      const { server } = (await listening?.catch(() => null)) ?? {};
      server?.close();
      server?.closeAllConnections();
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, guard: Guard, site: LoginSite): Promise<void> {
  const fault = requestFault(request);
  const refusal = fault === null ? guard.checkOrigin(request.headers) : { status: 400, why: fault };
  const { url = '/' } = request;
  const [target = '/'] = url.split('?', 1);
  if (refusal !== null) response.writeHead(refusal.status, { connection: 'close' }).end(`${refusal.why}\n`);
  else await site.handle(request, response, target, null);
}

async function listen(
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: TIMEOUT_MS,
    requestTimeout: TIMEOUT_MS,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', onRequest);
  await detached(
    () =>
      new Promise<void>((resolve, reject) => {
        server.once('error', (error) => {
          const why = `Cannot listen on ${HOST}: ${messageOf(error)}`;
          reject(new SwitchyardError('LISTEN_FAILED', why, { cause: error }));
        });
        server.listen(0, HOST, resolve);
      }),
  );
  // Only the client keeps the process running. Pending logins must not keep it running.
  server.unref();
  return { server, url: `http://${HOST}:${(server.address() as AddressInfo).port}` };
}
