import { lstatSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { fromWireError, messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { CallToolOptions } from '../../connectors/calls/call-options.ts';
import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import { misuse } from '../flags/option-values.ts';
import type { ViaFlags } from '../flags/via-options.ts';
import type { SourceOptions } from '../source-options.ts';
import type { StartUp } from '../start-up.ts';
import { stateDirOf } from '../state-folder.ts';
import { digestOfOptions } from './configuration-digest.ts';
import { socketsIn } from './socket-files.ts';
import type { HostStatus, ShownTool, ToolHost } from './tool-host.ts';
import { readLines, writeLine } from './via-lines.ts';
import { VIA_VERSION, type ViaAnswer, type ViaHello, type ViaRequest, type ViaView } from './via-messages.ts';

type OnProgress = NonNullable<CallToolOptions['onProgress']>;

/** A gateway that runs in another process and is used by a command. */
export interface ViaHost extends ToolHost, StartUp, Disposable {
  readonly path: string;
}

/**
 * Finds a gateway of this user that uses the same state folder and serves the same connectors. Returns null if no such
 * gateway runs, or with `--no-via`. Rejects with GATEWAY_UNREACHABLE if no gateway answers at the socket that `--via`
 * names.
 */
export async function findGateway(options: SourceOptions & ViaFlags): Promise<ViaHost | null> {
  if (options.via === false) return null;
  if (typeof options.via === 'string') return await connectTo(options.via, options);
  const stateDir = stateDirOf(options);
  const sockets = stateDir === undefined ? [] : socketsIn(stateDir);
  if (sockets.length === 0) return null;
  // Invalid options are not reported here. The command creates a manager instead, and the manager reports them.
  const digest = await digestOfOptions(options).catch(() => null);
  if (digest === null) return null;
  for (const path of sockets) {
    const host = new SocketHost(path, options.wait);
    if (await host.isSame(digest)) return host;
    host[Symbol.dispose]();
  }
  return null;
}

async function connectTo(path: string, { wait }: SourceOptions): Promise<ViaHost> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) throw misuse(`--via ${path} is not a socket`);
  const host = new SocketHost(path, wait);
  if (await host.isSame(null)) return host;
  host[Symbol.dispose]();
  throw new SwitchyardError('GATEWAY_UNREACHABLE', `No gateway of this version answers at ${path}: ${host.why}`);
}

/** The client's end of a connection to a gateway. Sends one request at a time. */
class SocketHost implements ViaHost {
  readonly path: string;
  readonly #waitMs: number | null;
  readonly #socket: Socket;
  readonly #lines: AsyncGenerator<unknown>;
  #view: ViaView = { status: { connectors: [], changedTools: [], heldBackTools: [] }, tools: [] };
  /** Why the gateway cannot be used. Valid after `isSame()` has resolved with false. */
  why = 'it serves other connectors';

  constructor(path: string, waitMs: number | undefined) {
    this.path = path;
    this.#waitMs = waitMs ?? null;
    this.#socket = createConnection(path);
    this.#lines = readLines(this.#socket);
  }

  /**
   * Whether the gateway has the same version and serves the connectors with this digest. If `digest` is null, only the
   * version must be the same. Never rejects.
   */
  async isSame(digest: string | null): Promise<boolean> {
    try {
      const hello = await this.#ask<ViaHello>({ ask: 'hello', version: VIA_VERSION, digest });
      if (hello.version !== VIA_VERSION) this.why = 'it has another version';
      return hello.isSame;
    } catch (error) {
      this.why = messageOf(error);
      return false;
    }
  }

  async sync(): Promise<void> {
    this.#view = await this.#asked<ViaView>({ ask: 'view' });
  }

  async settled(only?: string): Promise<void> {
    this.#view = await this.#asked<ViaView>({ ask: 'settled', connector: only ?? null, waitMs: this.#waitMs });
  }

  has(connectorId: string): boolean {
    return this.connector(connectorId) !== undefined;
  }

  listConnectors(): readonly { readonly id: string }[] {
    return this.#view.status.connectors;
  }

  listTools(): readonly ShownTool[] {
    return this.#view.tools;
  }

  connector(connectorId: string): { readonly status: ConnectorStatus } | undefined {
    const status = this.#view.status.connectors.find(({ id }) => id === connectorId);
    return status === undefined ? undefined : { status };
  }

  status(): HostStatus {
    return this.#view.status;
  }

  async callTool(...[tool, args, how = {}]: Parameters<ToolHost['callTool']>): Promise<ToolResult> {
    const { timeoutMs = null, signal, onProgress } = how;
    const onAbort = (): void => void this.#socket.destroy();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await this.#asked({ ask: 'call', tool, args, timeoutMs }, onProgress);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  /**
   * Sends a request and waits for its answer. Rejects with the error that the gateway sends. If the connection is lost,
   * rejects with TOOL_CALL_LOST for a call, and with GATEWAY_UNREACHABLE for any other request.
   */
  async #asked<T>(request: ViaRequest, onProgress?: OnProgress): Promise<T> {
    try {
      return await this.#ask<T>(request, onProgress);
    } catch (error) {
      if (error instanceof SwitchyardError) throw error;
      const why = `The connection to the gateway at ${this.path} was lost: ${messageOf(error)}`;
      if (request.ask !== 'call') throw new SwitchyardError('GATEWAY_UNREACHABLE', why, { cause: error });
      throw new SwitchyardError('TOOL_CALL_LOST', why, { cause: error, detail: { sent: 'maybe' } });
    }
  }

  async #ask<T>(request: ViaRequest, onProgress?: OnProgress): Promise<T> {
    writeLine(this.#socket, request);
    while (true) {
      const { value, done } = await this.#lines.next();
      if (done === true) throw new Error('the gateway closed the connection');
      const answer = value as ViaAnswer;
      if (answer.say === 'progress') onProgress?.(answer.progress, answer.notice);
      else if (answer.say === 'error') throw fromWireError(answer.error);
      else return answer.answer as T;
    }
  }
}
