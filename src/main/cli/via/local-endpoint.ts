import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { settledWithin } from '../../../shared/clock.ts';
import { codeOf, messageOf, SwitchyardError, toWireError } from '../../../shared/errors.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { ConnectorProxyManager } from '../../manager/connector-proxy-manager.ts';
import type { Logger } from '../../observability/logger.ts';
import type { StartUp } from '../start-up.ts';
import { ownerOf } from '../tool-owner.ts';
import { exposureOfFolder, newSocketPath, removeSocket, socketsIn } from './socket-files.ts';
import { type HostStatus, shownTool } from './tool-host.ts';
import { readLines, writeLine } from './via-lines.ts';
import { VIA_VERSION, type ViaAnswer, type ViaRequest } from './via-messages.ts';

export interface LocalEndpointOptions {
  readonly gateway: Gateway;
  readonly startUp: StartUp;
  readonly stateDir: string;
  readonly logger: Logger;
  /** Returns the digest of the connectors that the gateway currently serves. */
  readonly digest: () => string;
}

/** A socket over which commands of the same user can use a gateway. */
export interface LocalEndpoint {
  /** Path of the Unix socket. */
  readonly path: string;
  /** Closes the socket and all connections over it. */
  readonly close: () => Promise<void>;
}

type Answer = Extract<ViaAnswer, { readonly say: 'answer' }>['answer'];

/**
 * Listens on a Unix socket in the state folder. Only this user can connect, because the socket has mode 0600, and other
 * users cannot write to the folder. If the socket cannot be created, logs why and resolves with null. The gateway also
 * works without the socket.
 */
export async function listenLocally(options: LocalEndpointOptions): Promise<LocalEndpoint | null> {
  const { stateDir, logger } = options;
  try {
    const path = newSocketPath(stateDir, randomBytes(4).toString('hex'));
    const exposure = path === null ? 'its path is too long for a socket' : exposureOfFolder(stateDir);
    if (path === null || exposure !== null) throw new Error(exposure ?? '');
    await removeDeadSockets(stateDir);
    return await listen(path, options);
  } catch (error) {
    const fields = { event: 'gateway-socket-unavailable', folder: stateDir };
    logger.info(fields, `Commands cannot use this gateway through a socket in ${stateDir}: ${messageOf(error)}`);
    return null;
  }
}

async function listen(path: string, options: LocalEndpointOptions): Promise<LocalEndpoint> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    void serve(socket, options).finally(() => {
      open.delete(socket);
      socket.destroy();
    });
  });
  // The umask is set before `listen` creates the file, so that no other user can open the socket at any time.
  const before = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await once(server, 'listening');
  // The socket alone must not keep the process running.
  server.unref();
  return { path, close: () => close(server, open) };
}

async function close(server: Server, open: ReadonlySet<Socket>): Promise<void> {
  // Closing the server also removes the file of the socket.
  const closed = new Promise((resolve) => server.close(resolve));
  for (const socket of open) socket.destroy();
  await closed;
}

/** Removes the socket files of gateways that were killed. They are recognized because they refuse connections. */
async function removeDeadSockets(stateDir: string): Promise<void> {
  for (const path of socketsIn(stateDir)) {
    const socket = createConnection(path);
    try {
      await once(socket, 'connect');
    } catch (error) {
      if (codeOf(error) === 'ECONNREFUSED') removeSocket(path);
    } finally {
      socket.destroy();
    }
  }
}

/** Answers the requests of one command until the command disconnects. Never rejects. */
async function serve(socket: Socket, options: LocalEndpointOptions): Promise<void> {
  const life = new AbortController();
  const gone = (): void => life.abort(new SwitchyardError('TOOL_CALL_ABORTED', 'The command ended.'));
  socket.on('error', gone).on('close', gone);
  let isWelcome = false;
  try {
    for await (const message of readLines(socket)) {
      const request = message as ViaRequest;
      if (!isWelcome && request.ask !== 'hello') return;
      const answer = await answerTo(request, socket, life.signal, options);
      if ('error' in answer) writeLine(socket, { say: 'error', error: toWireError(answer.error) } satisfies ViaAnswer);
      else writeLine(socket, { say: 'answer', answer: answer.value } satisfies ViaAnswer);
      isWelcome ||= 'value' in answer && 'isSame' in answer.value && answer.value.isSame === true;
      if (!isWelcome) return void socket.end();
    }
  } catch (error) {
    // The command has sent an invalid message, or its connection has failed.
    const fields = { event: 'gateway-socket-failed', err: error };
    options.logger.debug(fields, `The socket connection of a command was closed: ${messageOf(error)}`);
  } finally {
    gone();
  }
}

async function answerTo(
  request: ViaRequest,
  socket: Socket,
  signal: AbortSignal,
  options: LocalEndpointOptions,
): Promise<{ readonly value: Answer } | { readonly error: unknown }> {
  try {
    return { value: await answer(request, socket, signal, options) };
  } catch (error) {
    return { error };
  }
}

async function answer(
  request: ViaRequest,
  socket: Socket,
  signal: AbortSignal,
  { gateway, startUp, digest }: LocalEndpointOptions,
): Promise<Answer> {
  const { manager } = gateway;
  switch (request.ask) {
    case 'hello': {
      const isSame = request.version === VIA_VERSION && (request.digest === null || request.digest === digest());
      return { version: VIA_VERSION, pid: process.pid, isSame };
    }
    case 'view':
      return { status: statusOf(manager), tools: [] };
    case 'settled': {
      const { connector, waitMs } = request;
      const settled = startUp.settled(connector ?? undefined);
      await (waitMs === null ? settled : settledWithin(settled, waitMs));
      const shown = manager
        .listTools()
        .filter((tool) => connector === null || tool.connectorId === connector)
        .filter(({ connectorId, name }) => mayShow(gateway, connectorId, name));
      return { status: statusOf(manager), tools: shown.map(shownTool) };
    }
    case 'call': {
      const { tool, args, timeoutMs } = request;
      const owner = ownerOf((id) => manager.has(id), tool);
      if (owner !== undefined && !mayShow(gateway, owner, tool))
        throw new SwitchyardError(
          'TOOL_UNKNOWN',
          `The option --tools of the running gateway excludes the tool ${tool}`,
        );
      return await manager.callTool(tool, args, {
        signal,
        timeoutMs: timeoutMs ?? undefined,
        onProgress: (progress, notice) => writeLine(socket, { say: 'progress', progress, notice } satisfies ViaAnswer),
      });
    }
  }
}

function statusOf(manager: ConnectorProxyManager): HostStatus {
  const { connectors, changedTools, heldBackTools } = manager.status();
  const named = ({ name }: { readonly name: string }): { readonly name: string } => ({ name });
  return { connectors, changedTools: changedTools.map(named), heldBackTools: heldBackTools.map(named) };
}

/** Whether the option `--tools` of the gateway allows a tool. */
function mayShow(gateway: Gateway, connectorId: string, tool: string): boolean {
  const route = gateway.view()?.route;
  return route === undefined || route.isAllowed(route.fullName(connectorId, tool.slice(connectorId.length + 1)));
}
