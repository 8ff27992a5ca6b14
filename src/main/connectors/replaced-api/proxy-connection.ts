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
 * Creates a {@link Connect} over a caller's own proxies. Connectors with such a proxy use the state machine, but not
 * this package's transports.
 */
export function createProxyConnect(createProxy: CreateProxy, logger: Logger, agent: AgentLike): Connect {
  return async (target, events, limits) => {
    let isUp = false;
    let lastWord: boolean | null = null;
    const onAvailabilityChange = (up: boolean): void => {
      lastWord = up;
      // A proxy may report that it is up from within connect(). Only the change from up to down needs a reaction.
      if (!up && isUp) events.onLost(new Error('The proxy reported itself down'));
    };
    const headers = await headersOf(target, limits);
    // A host may use any method of undici's class.
    const whole = agent instanceof LateAgent ? await within(wholeAgent(agent), limits) : agent;
    const proxy = createProxy(configFor(target, { headers, logger, agent: whole, onAvailabilityChange }));
    try {
      await within(
        settled(() => proxy.connect()),
        limits,
      );
      // Some proxies resolve although they failed, and retry by themselves; here the state machine retries.
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

/** Only undici's index gives agents their methods other than `dispatch`. */
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

/** Converts tools to the form in which any connector would send them, and drops tools that have no JSON form. */
function inJson(tools: readonly unknown[]): readonly unknown[] {
  return tools.flatMap((tool) => {
    try {
      return [JSON.parse(JSON.stringify(tool)) as unknown];
    } catch {
      return [];
    }
  });
}

/** Calls a caller's method and returns a promise, even if the method throws or returns synchronously. */
async function settled<T>(work: () => T | Promise<T>): Promise<T> {
  return work();
}

/** A proxy does not support signals, so its promise is abandoned if the signal aborts first. */
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
