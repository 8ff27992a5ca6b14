import { AsyncLocalStorage } from 'node:async_hooks';
import type { Client, Tool } from '@modelcontextprotocol/client';
import * as z from 'zod';
import { raceSignal } from '../../../shared/clock.ts';
import type { HostSide } from '../../mcp/host-side.ts';
import type { JsonObject } from '../../mcp/json-rpc.ts';
import type { ToolProgress } from '../../mcp/tool-result.ts';
import { transportAttributes } from '../../observability/telemetry/mcp-attributes.ts';
import { tracedRequests } from '../../observability/telemetry/traced-channel.ts';
import type {
  CallLimits,
  Connection,
  ConnectionFacts,
  RequestLimits,
  RequestTraffic,
} from '../connection/connection.ts';
import { toCallError, toListError } from '../connection/failure.ts';
import { isBrokenConnection } from '../connection/network-failure.ts';
import { networkCause, requestFailure, withoutBody } from './sdk-errors.ts';
import { withOversize } from './sdk-fetch.ts';

/** How much later than ours the SDK's own deadlines are: ours wait for what came in while the event loop was busy. */
const SDK_DEADLINE_SLACK_MS = 60_000;

/** A page of tools with every member kept as it was sent; the SDK's own schema would drop unknown ones. */
const toolPageSchema = z.looseObject({
  tools: z.array(z.unknown()),
  nextCursor: z.string().optional(),
  ttlMs: z.number().nonnegative().optional().catch(undefined),
});

/**
 * Who answers what a connector asks because of the request that this code runs in. The SDK knows this only of modern
 * connectors, whose questions come with the answer.
 */
export const asked = new AsyncLocalStorage<HostSide>();

/** A result with every member kept as it was sent. */
const anyResultSchema = z.looseObject({});

/** Runs a request, and once more after the user has logged in where the server asks for that. */
export type Authorized = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

/** The connection that a client of the SDK has, once its handshake is done. Requests run within `authorized`. */
export function sdkConnectionOf(
  client: Client,
  facts: ConnectionFacts,
  authorized: Authorized,
  close: () => Promise<void>,
): Connection {
  const hasSession = (): boolean => client.transport?.sessionId !== undefined;
  const exchange = async <T>(what: string, limits: CallLimits, work: () => Promise<T>): Promise<T> => {
    const run = () => sized(limits, work);
    const { host } = limits;
    try {
      return await authorized(limits.signal, () => (host === undefined ? run() : asked.run(host, run)));
    } catch (error) {
      if (limits.signal.aborted) throw limits.signal.reason;
      throw toCallError(requestFailure(error, hasSession()), withoutBody(error), what, limits);
    }
  };
  const revision = facts.protocolVersion;
  const traced = tracedRequests({ transport: transportAttributes('http'), revision, sessionId: null });
  return {
    facts,
    async listToolsPage(cursor, limits) {
      const params = cursor === null ? {} : { cursor };
      const options = { signal: limits.signal, timeout: sdkTimeout(limits) };
      const list = (sent: JsonObject) =>
        client.request({ method: 'tools/list', params: sent }, toolPageSchema, options);
      const ask = () => sized(limits, () => traced('tools/list', params, list));
      try {
        // Safe to repeat, unlike a call: a kept connection may just have been closed by the server.
        const page = await authorized(limits.signal, ask).catch((error: unknown) => {
          if (!isBrokenConnection(networkCause(error))) throw error;
          return ask();
        });
        return { tools: page.tools, nextCursor: page.nextCursor ?? null, ttlMs: page.ttlMs ?? null };
      } catch (error) {
        if (limits.signal.aborted) throw limits.signal.reason;
        throw toListError(requestFailure(error, hasSession()), withoutBody(error), limits);
      }
    },
    async callTool(tool, args, limits) {
      const { outputSchema: _unchecked, ...definition } = tool;
      const options = {
        signal: limits.signal,
        timeout: sdkTimeout(limits),
        // Without an output schema the SDK need not compile a validator: 367 ms at the first of 1 000 tools otherwise.
        toolDefinition: definition as unknown as Tool,
        ...trafficOptions(limits),
      };
      const params = { ...limits.params, name: tool.name, arguments: { ...args } };
      const call = (sent: JsonObject) => client.callTool(sent as typeof params, options);
      return exchange(`Tool ${tool.name}`, limits, () => traced('tools/call', params, call));
    },
    request(method, params, limits) {
      const options = { signal: limits.signal, timeout: sdkTimeout(limits), ...trafficOptions(limits) };
      const ask = (sent: JsonObject) => client.request({ method, params: sent }, anyResultSchema, options);
      return exchange(`Request ${method}`, limits, () => traced(method, params, ask));
    },
    async watchResource(uri, limits) {
      if (client.getProtocolEra() === 'modern') {
        const stop = new AbortController();
        await exchange('Request subscriptions/listen', limits, () =>
          client.listen({ resourceSubscriptions: [uri] }, { signal: stop.signal }),
        );
        return () => stop.abort(new Error('The resource is no longer watched'));
      }
      await this.request('resources/subscribe', { uri }, limits);
      return () =>
        void client.unsubscribeResource({ uri }).catch(() => {
          // Nobody waits for what it tells any more.
        });
    },
    close,
  };
}

function trafficOptions({ onProgress, returnsInputRequests }: RequestTraffic) {
  return {
    ...(onProgress && { onprogress: (progress: ToolProgress) => onProgress(progress, { ...progress }) }),
    ...(returnsInputRequests === true && { allowInputRequired: true }),
  };
}

/** What `work` gives, or the coded error of an answer to it that is too large. */
async function sized<T>(limits: RequestLimits, work: () => Promise<T>): Promise<T> {
  const tooLarge = Promise.withResolvers<never>();
  tooLarge.promise.catch(() => {});
  return raceSignal(Promise.race([withOversize(tooLarge.reject, work), tooLarge.promise]), limits.signal);
}

/** The SDK's own deadline for something that ends by `timeoutMs`. */
export function sdkTimeout({ timeoutMs }: RequestLimits): number {
  return Math.min(timeoutMs + SDK_DEADLINE_SLACK_MS, 2 ** 31 - 1);
}
