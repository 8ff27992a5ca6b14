import { PassThrough } from 'node:stream';
import { serveStdio } from '../../../src/main/gateway/stdio/stdio-listener.ts';
import { isObject } from '../../../src/main/mcp/json-rpc.ts';
import { newErrorsOf, startFuzzGateway } from '../engine/fuzz-gateway.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { mutateJson } from '../engine/json-mutation.ts';

const message = (members: object): string => JSON.stringify({ jsonrpc: '2.0', ...members });
const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};
const initialize = (protocolVersion: string): string =>
  message({
    ...{ id: 0, method: 'initialize' },
    params: { protocolVersion, capabilities: { roots: {} }, clientInfo: { name: 'c', version: '1' } },
  });

const MAX_MESSAGE_BYTES = 2_000;

/** Maximum time until the gateway answers the last request, ms. */
const PATIENCE_MS = 5_000;
const LAST_ID = 'the last request';

/**
 * Messages of a client to a real gateway over stdio: lines of JSON-RPC of both protocol generations, batches,
 * responses, notifications.
 */
export const target: FuzzTarget = {
  name: 'client-messages',
  covers: [
    '/src/main/gateway/',
    '/src/main/mcp/',
    '/src/main/connectors/stdio/line-splitter.ts',
    '/src/main/manager/calls/',
  ],
  batchSize: 8,
  seeds: () => [
    [
      initialize('2025-06-18'),
      message({ method: 'notifications/initialized' }),
      message({ id: 1, method: 'tools/list' }),
    ].join('\n'),
    [
      initialize('2025-03-26'),
      `[${message({ id: 1, method: 'ping' })},${message({ id: 2, method: 'prompts/list' })}]`,
    ].join('\n'),
    message({
      id: 1,
      method: 'tools/call',
      params: { name: 'one__echo', arguments: { text: 'x' }, _meta: { ...META, progressToken: 1 } },
    }),
    [
      message({ id: 1, method: 'server/discover', params: { _meta: META } }),
      message({ id: 2, method: 'resources/templates/list', params: { _meta: META } }),
    ].join('\n'),
    [
      message({ id: 'a', method: 'subscriptions/listen', params: { _meta: META } }),
      message({ method: 'notifications/cancelled', params: { requestId: 'a' } }),
    ].join('\n'),
    [
      initialize('2025-11-25'),
      message({ id: 1, method: 'logging/setLevel', params: { level: 'debug' } }),
      message({ id: 2, method: 'resources/read', params: { uri: 'file:///a' } }),
    ].join('\n'),
    [
      initialize('2025-11-25'),
      message({
        id: 1,
        method: 'completion/complete',
        params: { ref: { type: 'ref/prompt', name: 'x' }, argument: { name: 'a', value: '' } },
      }),
    ].join('\n'),
    [
      initialize('2024-11-05'),
      message({ id: 1, method: 'tools/call', params: { name: 'one__fail' } }),
      message({ id: 9, result: { roots: [] } }),
    ].join('\n'),
    message({ id: 3, method: 'prompts/get', params: { name: 'x', arguments: null } }),
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
      '_meta',
      'name',
      'arguments',
      'cursor',
      'uri',
    ],
    ...[
      'tools/list',
      'tools/call',
      'prompts/list',
      'prompts/get',
      'resources/list',
      'resources/read',
      'resources/subscribe',
    ],
    ...[
      'resources/unsubscribe',
      'resources/templates/list',
      'completion/complete',
      'logging/setLevel',
      'ping',
      'initialize',
    ],
    ...[
      'server/discover',
      'subscriptions/listen',
      'notifications/cancelled',
      'notifications/roots/list_changed',
      'requestId',
    ],
    ...[
      'io.modelcontextprotocol/protocolVersion',
      '2026-07-28',
      '2025-03-26',
      'io.modelcontextprotocol/logLevel',
      'debug',
    ],
    ...[
      'one__echo',
      'one__fail',
      'off__x',
      'capabilities',
      'protocolVersion',
      'ui://',
      'file:///',
      '[',
      ']',
      '\n',
      '\ufeff',
      ' ',
    ],
    ...['progressToken', 'requestState', 'inputResponses', 'ref/resource', 'notifications', '__proto__', 'toString'],
  ],
  mutate: mutateJson('\n'),
  async start() {
    const world = await startFuzzGateway();
    const newErrors = newErrorsOf(world);
    return {
      async run(input) {
        const output = await serve(world.gateway, Buffer.from(input));
        checkAnswers(Buffer.from(input), output);
        const [error] = newErrors();
        must(error === undefined, `the gateway logs an error: ${error}`);
      },
      close: async () => world[Symbol.asyncDispose](),
    };
  },
};

/** Returns the output of the gateway until it has answered a last request, or has ended. */
async function serve(
  gateway: Awaited<ReturnType<typeof startFuzzGateway>>['gateway'],
  bytes: Buffer,
): Promise<readonly string[]> {
  const view = gateway.view();
  must(view !== undefined, 'the gateway has no view');
  const [input, output] = [new PassThrough(), new PassThrough()];
  let written = '';
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  output.on('data', (chunk: Buffer) => {
    written += chunk.toString('utf8');
    if (written.includes(`"id":"${LAST_ID}"`)) resolve();
  });
  const over = serveStdio({ gateway, view, input, output, maxMessageBytes: MAX_MESSAGE_BYTES });
  input.write(bytes.subarray(0, bytes.length >> 1));
  input.write(bytes.subarray(bytes.length >> 1));
  input.write(`\n${message({ id: LAST_ID, method: 'ping' })}\n`);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`The gateway did not answer the last request: ${written.slice(-300)}`)),
    PATIENCE_MS,
  );
  try {
    await Promise.race([answered, over, late]);
  } finally {
    clearTimeout(timer);
    input.end();
  }
  await over;
  return written.split('\n').filter((line) => line !== '');
}

/** Checks that all output is JSON-RPC, and that no request is answered more often than it was sent. */
function checkAnswers(input: Buffer, lines: readonly string[]): void {
  const asked = new Map<string, number>([[JSON.stringify(LAST_ID), 1]]);
  const count = (of: Map<string, number>, id: unknown): void => {
    const key = JSON.stringify(id);
    of.set(key, (of.get(key) ?? 0) + 1);
  };
  for (const value of input.toString('utf8').split('\n').flatMap(valuesOf)) if (isObject(value)) count(asked, value.id);
  const answered = new Map<string, number>();
  for (const line of lines) {
    const values = valuesOf(line);
    must(values.length > 0, `a line is not JSON-RPC: ${line.slice(0, 100)}`);
    for (const value of values) {
      must(isObject(value) && value.jsonrpc === '2.0', `a message is not JSON-RPC: ${line.slice(0, 100)}`);
      if (value.method !== undefined) continue;
      must('result' in value !== 'error' in value, 'a response must have either a result or an error');
      if (value.id !== undefined && value.id !== null) count(answered, value.id);
      const { error } = value;
      if (error !== undefined) must(isObject(error) && Number.isSafeInteger(error.code), 'an error has no code');
      // The error of a connector starts with one of our codes; any other error is a fault of the gateway.
      if (isObject(error) && error.code === -32_603)
        must(/^[A-Z_]+: /.test(String(error.message)), `an internal error: ${String(error.message)}`);
    }
  }
  for (const [id, times] of answered) must(times <= (asked.get(id) ?? 0), `${id} is answered ${times} times`);
}

function valuesOf(line: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(line.replace(/^\ufeff/, ''));
    return Array.isArray(value) ? value : [value];
  } catch {
    return [];
  }
}
