import { signalOf } from '../../../shared/cancellation.ts';
import { raceSignal, settledWithin } from '../../../shared/clock.ts';
import { messageOf, rootReason, SwitchyardError } from '../../../shared/errors.ts';
import type { AgentLike } from '../../http/agent-check.ts';
import { LateAgent } from '../../http/late-agent.ts';
import { loadUndici } from '../../http/load-undici.ts';
import { withCredentials } from '../../mcp/entry-headers.ts';
import type { ToolResult } from '../../mcp/tool-result.ts';
import type { Logger } from '../../observability/logger.ts';
import type { CreateProxy, RemoteProxy, RemoteProxyConfig } from '../../options/host-interfaces.ts';
import type { Connect, ConnectorTarget, RequestLimits } from '../connection/connection.ts';
import { unavailableErrorMessage, unavailableErrorName } from '../unavailable-error.ts';

const DISCONNECT_TIMEOUT_MS = 1_000;

/**
 * Creates a {@link Connect} over proxies that the caller supplies. Connectors with such a proxy use the state machine
 * of this package, but not its transports.
 */
export function createProxyConnect(createProxy: CreateProxy, logger: Logger, agent: AgentLike): Connect {
  return async (target, events, limits) => {
    let isUp = false;
    let lastWord: boolean | null = null;
    const onAvailabilityChange = (up: boolean): void => {
      lastWord = up;
      // A proxy may report that it is up while connect() still runs. Only a change from up to down needs a reaction.
      if (!up && isUp) events.onLost(new Error('The proxy reported that it is offline'));
    };
    const headers = await headersOf(target, limits);
    // The caller's proxy may use any method of undici's Agent class.
    const whole = agent instanceof LateAgent ? await within(wholeAgent(agent), limits) : agent;
    const proxy = createProxy(configFor(target, { headers, logger, agent: whole, onAvailabilityChange }));
    try {
      await within(
        settled(() => proxy.connect()),
        limits,
      );
      // Some proxies resolve although connecting failed, and retry automatically. Here the state machine retries, so a
      // proxy that is not connected counts as a failure.
      if (proxy.isConnected?.() === false || lastWord === false) throw new Error('it reports that it is not connected');
    } catch (error) {
      await disconnect(proxy);
      throw limits.signal.aborted ? limits.signal.reason : connectError(target, error);
    }
    isUp = true;
    return {
      facts: {
        ...{ era: 'unknown', transport: 'custom', protocolVersion: null, serverName: null },
        capabilities: { tools: {} },
      },
      async listToolsPage(_cursor, page) {
        return {
          tools: inJson(
            await within(
              settled(() => proxy.getTools()),
              page,
            ),
          ),
          nextCursor: null,
          ttlMs: null,
        };
      },
      async callTool(tool, args, call) {
        try {
          return (await within(
            settled(() => proxy.callTool(tool.name, args)),
            call,
          )) as ToolResult;
        } catch (error) {
          if (call.signal.aborted) throw call.signal.reason;
          throw new SwitchyardError('TOOL_CALL_REJECTED', `Tool ${tool.name}: ${messageOf(error)}`, { cause: error });
        }
      },
      request: (method) => Promise.reject(toolsOnly(target.id, method)),
      watchResource: () => Promise.reject(toolsOnly(target.id, 'resources/subscribe')),
      async close() {
        isUp = false;
        await disconnect(proxy);
      },
    };
  };
}

/** Returns an agent that has all methods of undici's Agent class. Loads the whole of undici for that. */
async function wholeAgent(agent: LateAgent): Promise<AgentLike> {
  await loadUndici();
  return await agent.whole();
}

function toolsOnly(connectorId: string, method: string): SwitchyardError {
  return new SwitchyardError(
    'TOOL_CALL_REJECTED',
    `The proxy of connector ${connectorId} supports only tools, not ${method}.`,
  );
}

function configFor(
  target: ConnectorTarget,
  given: Pick<RemoteProxyConfig, 'headers' | 'logger' | 'agent' | 'onAvailabilityChange'>,
): RemoteProxyConfig {
  return {
    connectorId: target.id,
    endpoint: target.url.href,
    enabled: true,
    serviceLabel: target.name,
    unavailableErrorName: unavailableErrorName(target.id),
    unavailableErrorMessage: unavailableErrorMessage(target.name),
    ...given,
  };
}

/** Returns the entry's own headers and the headers for its key, which never changes. */
async function headersOf({ headers, credentials, url }: ConnectorTarget, limits: RequestLimits) {
  const given = await credentials.headers(signalOf(limits.signal), { method: 'POST', url });
  const all = withCredentials(Object.entries(headers).flat(), given);
  return Object.fromEntries(all.flatMap((name, index) => (index % 2 === 0 ? [[name, all[index + 1] ?? '']] : [])));
}

/** Converts tools to plain JSON, as servers send them, and drops tools that cannot be converted. */
function inJson(tools: readonly unknown[]): readonly unknown[] {
  return tools.flatMap((tool) => {
    try {
      return [JSON.parse(JSON.stringify(tool)) as unknown];
    } catch {
      return [];
    }
  });
}

/** Calls a method of a proxy. Returns a promise, even if the method throws or returns synchronously. */
async function settled<T>(work: () => T | Promise<T>): Promise<T> {
  return work();
}

/**
 * Waits for a promise of a proxy until the signal aborts. The promise is then abandoned, because proxies do not support
 * signals.
 */
function within<T>(work: Promise<T>, limits: RequestLimits): Promise<T> {
  return raceSignal(work, limits.signal);
}

async function disconnect(proxy: RemoteProxy): Promise<void> {
  const work = async (): Promise<void> => proxy.disconnect?.();
  await settledWithin(work(), DISCONNECT_TIMEOUT_MS);
}

function connectError(target: ConnectorTarget, error: unknown): SwitchyardError {
  return new SwitchyardError(
    'CONNECTOR_CONNECT_FAILED',
    `Connector ${target.id}: the proxy cannot connect: ${rootReason(error)}`,
    { cause: error },
  );
}
