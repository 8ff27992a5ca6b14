import { isDeepStrictEqual } from 'node:util';
import { listAllTools } from '../../../src/main/connectors/bring-up/list-tools.ts';
import { ClosedConnection } from '../../../src/main/connectors/connection/failure.ts';
import { MessageConnection } from '../../../src/main/connectors/messages/message-connection.ts';
import { ServerMessages } from '../../../src/main/connectors/messages/server-messages.ts';
import { LineSplitter } from '../../../src/main/connectors/stdio/line-splitter.ts';
import { StdioChannel } from '../../../src/main/connectors/stdio/stdio-channel.ts';
import type { HostSide } from '../../../src/main/mcp/host-side.ts';
import { asIncoming, isObject, type JsonObject } from '../../../src/main/mcp/json-rpc.ts';
import { isErrorCode, SwitchyardError } from '../../../src/shared/errors.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { mutateJson } from '../engine/json-mutation.ts';

const message = (members: object): string => JSON.stringify({ jsonrpc: '2.0', ...members });
const TOOL = { name: 't', inputSchema: { type: 'object' } };

/**
 * Messages of a connector: lines of JSON-RPC during a call (id 1), a request (id 2), a tool list (id 3) and an
 * abandoned request (id 4). The first letter of an input chooses the protocol generation: `m` modern, `l` legacy.
 */
export const target: FuzzTarget = {
  name: 'connector-messages',
  covers: ['/src/main/connectors/', '/src/main/mcp/'],
  batchSize: 16,
  seeds: () => [
    `l${message({ id: 1, result: { content: [{ type: 'text', text: 'x' }] } })}\n${message({ id: 2, error: { code: -32_000, message: 'no' } })}`,
    `m[${message({ id: '3', result: { tools: [TOOL, { name: 'é', inputSchema: {} }], nextCursor: 'x' } })}]`,
    `l${message({ id: 'q', method: 'sampling/createMessage', params: { messages: [] } })}\n${message({ id: 1, result: {} })}`,
    `m${message({ id: 1, result: { resultType: 'input_required', inputRequests: { a: { method: 'roots/list' } } } })}`,
    `l${message({ method: 'notifications/progress', params: { progressToken: 1, progress: 0.5, total: 1 } })}`,
    `l${message({ method: 'notifications/tools/list_changed' })}\n${message({ method: 'notifications/cancelled', params: { requestId: 'q' } })}`,
    `l${message({ id: 7, method: 'ping' })}\n${message({ id: null, error: { code: 1, message: 'x' } })}\n${message({ id: 4, result: {} })}`,
    `m${message({ id: 3, result: { tools: [{ ...TOOL, inputSchema: { type: 'object', properties: { a: { 'x-mcp-header': 'A' } } } }], ttlMs: 5 } })}`,
  ],
  dictionary: [
    ...[
      'jsonrpc',
      '2.0',
      'id',
      'method',
      'params',
      'result',
      'error',
      'code',
      'message',
      'data',
      '\n',
      '[',
      ']',
      '1',
      '"1"',
    ],
    ...[
      'content',
      'tools',
      'nextCursor',
      'resultType',
      'input_required',
      'inputRequests',
      'requestState',
      'complete',
      'task',
    ],
    ...[
      'name',
      'inputSchema',
      'outputSchema',
      'properties',
      'type',
      'object',
      'x-mcp-header',
      '_meta',
      'progressToken',
    ],
    ...[
      'progress',
      'ping',
      'sampling/createMessage',
      'elicitation/create',
      'roots/list',
      'notifications/progress',
      '__proto__',
    ],
    ...[
      'notifications/cancelled',
      'notifications/tools/list_changed',
      'notifications/message',
      'requestId',
      'toString',
    ],
  ],
  mutate: (input, random, dictionary) => {
    const changed = changeLine(input.subarray(1), random, dictionary);
    return changed === undefined ? undefined : Buffer.concat([input.subarray(0, 1), changed]);
  },
  start: () => ({ run: runMessages }),
};

const changeLine = mutateJson('\n');

/** One request of ours, and its outcome. */
interface Waiting {
  readonly id: number;
  outcome: { readonly result: unknown } | { readonly error: unknown } | null;
}

async function runMessages(input: Uint8Array): Promise<void> {
  const sent: JsonObject[] = [];
  const transport = {
    send: async (line: string): Promise<void> => {
      must(line.endsWith('\n') && line.indexOf('\n') === line.length - 1, 'a message is not one line');
      sent.push(JSON.parse(line) as JsonObject);
    },
  };
  const host: HostSide = { capabilities: { sampling: {}, roots: {} }, answer: async () => ({ roots: [] }) };
  const events = { onLost: () => {}, onToolsChanged: () => {}, onNotification: () => {} };
  const messages = new ServerMessages(() => channel, { id: 'one' }, host, events);
  const channel = new StdioChannel(transport, host.capabilities, {
    onMessage: (from, answeredBy) => messages.take(from, answeredBy),
    onStray: () => {},
  });
  const isModern = input[0] === 'm'.charCodeAt(0);
  channel.speak(isModern ? 'modern' : 'legacy');
  messages.up();
  const facts = {
    era: isModern ? ('modern' as const) : ('legacy' as const),
    ...{ transport: 'streamable-http' as const, protocolVersion: null, serverName: null },
    capabilities: { tools: {}, resources: { subscribe: true } },
  };
  const parts = { subscribe: () => () => {}, end: async () => channel.end(new ClosedConnection()) };
  const connection = new MessageConnection(channel, facts, { connectorId: 'one', host }, parts);

  const life = new AbortController();
  const givenUp = new AbortController();
  const limits = { signal: life.signal, timeoutMs: 1_000 };
  const waiting = [
    watch(1, connection.callTool(TOOL, {}, { ...limits, onProgress: () => {} })),
    watch(2, connection.request('prompts/get', {}, limits)),
    watch(3, listAllTools(connection, { maxPages: 3, maxTools: 50, timeoutMs: 1_000 }, life.signal)),
    watch(4, connection.request('prompts/get', {}, { ...limits, signal: givenUp.signal })),
  ];
  givenUp.abort(new SwitchyardError('TOOL_CALL_ABORTED', 'given up'));
  const values = feed(channel, input.subarray(1));
  await settled();
  for (const one of waiting) checkOutcome(one, values, isModern);
  await checkGoesOn(connection, channel, sent, limits);
  const asked = new Set(values.map(asIncoming).flatMap((from) => (from.kind === 'request' ? [from.id] : [])));
  for (const { id, method } of sent)
    if (method === undefined)
      must(asked.has(id as string), `a response has the id ${JSON.stringify(id)}, which no request had`);
  messages.down();
  await connection.close();
  life.abort(new ClosedConnection());
  await settled();
  for (const { id, outcome } of waiting) must(outcome !== null, `request ${id} never ends`);
}

function watch(id: number, promise: Promise<unknown>): Waiting {
  const waiting: Waiting = { id, outcome: null };
  promise.then(
    (result) => {
      waiting.outcome = { result };
    },
    (error: unknown) => {
      waiting.outcome = { error };
    },
  );
  return waiting;
}

/** Feeds lines like the stdio transport, and returns the messages that they contain. */
function feed(channel: StdioChannel, bytes: Uint8Array): readonly unknown[] {
  const values: unknown[] = [];
  for (const line of new LineSplitter(1_000_000).push(Buffer.from([...bytes, 0x0a]))) {
    const value = typeof line === 'string' ? parsed(line) : undefined;
    if (value === undefined) continue;
    values.push(...(Array.isArray(value) ? value : [value]));
    channel.take(value);
  }
  return values;
}

/** Checks that the server returned the result for this request, or that an error has a code. */
function checkOutcome({ id, outcome }: Waiting, values: readonly unknown[], isModern: boolean): void {
  if (outcome === null) return;
  if ('error' in outcome) {
    const { error } = outcome;
    must(error instanceof SwitchyardError && isErrorCode(error.code), `request ${id} fails without a code: ${error}`);
    return;
  }
  must(id !== 4, 'an abandoned request is answered');
  const own = values.filter(isObject).filter((value) => isId(value.id, id) && isObject(value.result));
  must(own.length > 0 || isModern, `request ${id} has a response that the server did not send`);
  if (id === 2 && own.length > 0)
    must(
      own.some(({ result }) => isDeepStrictEqual(result, outcome.result)),
      'a request has the answer of another one',
    );
}

/** Whether `given` is this id. Some servers return the id 7 as "7". */
function isId(given: unknown, id: number): boolean {
  return (typeof given === 'number' || typeof given === 'string') && Number(given) === id;
}

/** Checks that the next request is answered after any input. */
async function checkGoesOn(
  connection: MessageConnection,
  channel: StdioChannel,
  sent: readonly JsonObject[],
  limits: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<void> {
  const next = watch(0, connection.request('prompts/list', {}, limits));
  await settled();
  const id = sent.findLast(({ method }) => method === 'prompts/list')?.id;
  must(typeof id === 'number', 'the next request is not sent');
  channel.take({ jsonrpc: '2.0', id, result: { answered: id } });
  await settled();
  must(isDeepStrictEqual(next.outcome, { result: { answered: id } }), 'the next request is not answered');
}

/** Resolves once all promises that wait for nothing else have settled. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Returns undefined for a string that is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
