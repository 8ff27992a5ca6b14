import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FirstClient } from '../../../../src/main/cli/first-answers/first-client.ts';
import type { View } from '../../../../src/main/gateway/catalog/view.ts';
import { buildFirstAnswers } from '../../../../src/main/gateway/first-answers/build-first-answers.ts';
import type { Gateway } from '../../../../src/main/gateway/gateway.ts';
import { serveStdio } from '../../../../src/main/gateway/stdio/stdio-listener.ts';
import {
  decodeFirstAnswers,
  encodeFirstAnswers,
  type FirstAnswers,
} from '../../../../src/shared/protocol/first-answers.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { type GatewayWorld, remote, startGateway } from '../../../helpers/gateway-world.ts';
import { RawMcpServer } from '../../../helpers/raw-mcp-server.ts';

type Json = Readonly<Record<string, unknown>>;

const ui = { _meta: { ui: { resourceUri: 'ui://view' } } };
const TOOLS = [
  { name: 'echo', title: 'Echo', inputSchema: { type: 'object' }, outputSchema: { type: 'object' } },
  { name: 'shown', description: 'with a page', inputSchema: { type: 'object' }, ...ui },
];

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** Makes a gateway send its pending change notifications now, so that later clients in the test do not receive them. */
function tellNow({ gateway }: GatewayWorld): void {
  const nobody = { view: gateway.view() as View, wants: () => false, watches: () => false, logLevel: null, send() {} };
  gateway.notices.addKnowing(nobody);
  gateway.notices.remove(nobody);
}

/** Members of a first-answers file that matter only when a process starts from the file. */
const UNBOUND = {
  ...{ version: '', image: { name: '', sha256: '' }, epoch: null, paths: [], binding: '' },
  ...{ writtenAtMs: 0, validUntilMs: null },
};

async function firstAnswersOf({ manager, gateway }: GatewayWorld): Promise<FirstAnswers> {
  const { answers, texts } = await buildFirstAnswers(manager.listTools(), (gateway.view() as View).route);
  const decoded = decodeFirstAnswers(encodeFirstAnswers({ ...answers, ...UNBOUND }, texts));
  if (decoded === null) throw new Error('The answers cannot be read');
  return decoded;
}

/** Number of pieces that the client has sent when the gateway takes over; null if it serves from the start. */
type TakeOverAt = number | null;

/** Returns the messages from a gateway to a client that sends these pieces and then nothing more. */
async function transcript(
  gateway: Gateway,
  pieces: readonly Buffer[],
  takeOverAt: TakeOverAt,
  answers: FirstAnswers,
): Promise<readonly string[]> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let text = '';
  output.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const client = takeOverAt === null ? null : new FirstClient(answers, input, output);
  for (const piece of pieces.slice(0, takeOverAt ?? 0)) {
    input.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const view = gateway.view() as View;
  const first = client?.takeOver() ?? null;
  const served = serveStdio({ gateway, view, input: first?.input ?? input, output, maxMessageBytes: 100_000, first });
  for (const piece of pieces.slice(takeOverAt ?? 0)) {
    input.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The id `last` belongs to the last request of every script.
  await eventually('it is all answered', () => text.includes('"id":"last"'));
  await eventually('nothing is being served', () => gateway.server.running === 0);
  input.end();
  await served;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(withoutTime)
    .sort();
}

/** Returns a message without the parts that differ between two starts: freshness and ids. */
function withoutTime(line: string): string {
  return line
    .replaceAll(/,?"_meta":\{"mcp-switchyard\/stale":true\}/g, '')
    .replaceAll(/,"mcp-switchyard\/stale":true/g, '')
    .replaceAll(/"ttlMs":\d+/g, '"ttlMs":0')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'ID');
}

const revision = fc.constantFrom('2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '1999-01-01', 7, null);
const cursor = fc.constantFrom(undefined, null, '', 'YQ', '!', 5);
const request = (method: string, params?: Json | null) => ({ jsonrpc: '2.0', id: 0, method, params });

const message: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: revision.map((protocolVersion) => request('initialize', { protocolVersion })) },
  { weight: 3, arbitrary: fc.constant({ jsonrpc: '2.0', method: 'notifications/initialized' }) },
  { weight: 6, arbitrary: cursor.map((at) => request('tools/list', { cursor: at, _meta: { progressToken: 1 } })) },
  { weight: 3, arbitrary: cursor.map((at) => request('tools/list', { cursor: at, _meta: META })) },
  { weight: 3, arbitrary: fc.constant(request('server/discover', { _meta: META })) },
  { weight: 2, arbitrary: fc.constantFrom(undefined, null, {}, []).map((params) => request('ping', params as Json)) },
  fc.constantFrom('info', 'loud', 3).map((level) => request('logging/setLevel', { level })),
  fc.constantFrom('prompts/list', 'resources/list', 'resources/templates/list').map((method) => request(method, {})),
  fc.constant(request('tools/call', { name: 'a__echo', arguments: { text: 'x' } })),
  fc.constant(request('tools/call', { name: 'a__echo', _meta: META })),
  // No request has this id. Otherwise the result would depend on whether the call ends before its cancellation arrives.
  fc.constant({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'id 99' } }),
  fc.constant([request('ping')]),
  fc.constant(request('no/such', {})),
  fc.constant({ jsonrpc: '2.0', id: { no: 'id' }, method: 'ping' }),
  fc.constant({ jsonrpc: '1.0', id: 0, method: 'ping' }),
  fc.constant(request('ping', { _meta: META })),
  fc.constant(request('tools/list', { _meta: { ...META, 'io.modelcontextprotocol/protocolVersion': '2027-01-01' } })),
  fc.constant({ jsonrpc: '2.0', id: 0, result: {} }),
  fc.constantFrom('{"jsonrpc":', '', '  ', '[]', '\uFEFF{}', `{"jsonrpc":"2.0","method":"x","p":${'['.repeat(150)}`),
  fc.constant(request('ping', { long: 'x'.repeat(20_000) })),
);

const isHandshake = (one: unknown): boolean => JSON.stringify(one).includes('"initialize"');

/** Returns the lines of a script, in which each request has its own id. */
function linesOf(messages: readonly unknown[]): Buffer {
  const lines = messages.map((one, index) => {
    if (typeof one === 'string') return one;
    const numbered = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && 'id' in value && value.id === 0
        ? { ...value, id: index % 3 === 0 ? `id ${index}` : index }
        : value;
    return JSON.stringify(Array.isArray(one) ? one.map(numbered) : numbered(one));
  });
  return Buffer.from(`${[...lines, '{"jsonrpc":"2.0","id":"last","method":"ping"}'].join('\n')}\n`);
}

describe('a client that gets first answers before the gateway is ready', () => {
  it('a client that gets prepared first answers receives the same messages as a client that waits for the gateway', async () => {
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools: TOOLS }) });
    await using world = await startGateway({ a: remote(server) });
    const answers = await firstAnswersOf(world);
    tellNow(world);
    const cuts = fc.array(fc.nat(2_000), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 10 }), cuts, fc.nat(7), async (messages, cutsAt, takeOverAt) => {
        // A handshake cancels the requests that are running, and a script cannot control that timing. So there is at
        // most one handshake, and it comes first.
        const handshakes = messages.filter(isHandshake).slice(0, 1);
        const bytes = linesOf([...handshakes, ...messages.filter((one) => !isHandshake(one))]);
        const ends = [...cutsAt.map((at) => at % bytes.length), bytes.length].toSorted((a, b) => a - b);
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        const late = await transcript(world.gateway, pieces, null, answers);
        const early = await transcript(world.gateway, pieces, Math.min(takeOverAt, pieces.length), answers);
        expect(early).toEqual(late);
      }),
      { numRuns: 150 },
    );
  });

  it('a client that is served stored first answers receives correct responses for unusual request ids', async () => {
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools: TOOLS }) });
    await using world = await startGateway({ a: remote(server) });
    const answers = await firstAnswersOf(world);
    tellNow(world);
    const ids = [
      '0',
      '-0',
      '""',
      'null',
      '1.5',
      '1e21',
      '1e400',
      '9007199254740993',
      '"\\ud800"',
      '"é\\n"',
      'true',
      '[]',
      '0',
    ];
    for (const id of ids) {
      const lines = [
        `{"jsonrpc":"2.0","id":${id},"method":"ping"}`,
        `{"id":"a","jsonrpc":"2.0","method":"tools/list","id":${id}}`,
        `{"jsonrpc":"2.0","id":${id},"method":"tools/list","params":{"__proto__":{"cursor":"YQ"}}}`,
        `{"jsonrpc":"2.0","id":${id},"method":"initialize","params":{"protocolVersion":"2025-06-18"}}`,
        `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id}}}`,
        `{"jsonrpc":"2.0","id":${id},"method":"tools/list"}`,
        '{"jsonrpc":"2.0","id":"last","method":"ping"}',
      ];
      const pieces = lines.map((line) => Buffer.from(`${line}\n`));
      const late = await transcript(world.gateway, pieces, null, answers);
      for (const at of [1, 2, 4, pieces.length])
        expect(await transcript(world.gateway, pieces, at, answers), `${id} ${at}`).toEqual(late);
    }
  });

  it.each(['ping', 'tools/list', 'prompts/list'])(
    'a client that is served stored first answers receives all responses to 10 000 %s requests',
    async (method) => {
      await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools: TOOLS }) });
      await using world = await startGateway({ a: remote(server) });
      const answers = await firstAnswersOf(world);
      tellNow(world);
      const script = linesOf(Array.from({ length: 10_000 }, () => request(method, {})));
      const early = await transcript(world.gateway, [script], 1, answers);
      expect(new Set(early.map((line) => JSON.stringify(JSON.parse(line).id))).size).toBe(10_001);
      expect(early.filter((line) => line.includes('"result"'))).toHaveLength(10_001);
    },
  );

  it('a client that is served stored first answers receives no further response if it leaves in the middle of a line', async () => {
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools: TOOLS }) });
    await using world = await startGateway({ a: remote(server) });
    const answers = await firstAnswersOf(world);
    const script = linesOf([]);
    for (const half of ['{"jsonrpc":"2.0","id":7,"met', '{"jsonrpc":"2.0","id":7,"method":"ping"}', '\u00e9'])
      for (const hasLeft of [true, false]) {
        const [input, output] = [new PassThrough(), new PassThrough()];
        const client = new FirstClient(answers, input, output);
        input.write(Buffer.concat([script, Buffer.from(half)]));
        if (hasLeft) input.end();
        await eventually('it is answered', () => output.readableLength > 0);
        const first = client.takeOver();
        input.end();
        const view = world.gateway.view() as View;
        const { gateway } = world;
        await serveStdio({ gateway, view, input: first.input, output, maxMessageBytes: 100_000, first });
        expect(String(output.read()).trim().split('\n'), half).toHaveLength(1);
      }
  });

  it('a client that is served stored first answers can initialize again with another protocol version', async () => {
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools: TOOLS }) });
    await using world = await startGateway({ a: remote(server) });
    const answers = await firstAnswersOf(world);
    tellNow(world);
    const open = (protocolVersion: string) => linesOf([request('initialize', { protocolVersion })]).subarray(0, -46);
    const list = linesOf([{ ...request('tools/list', {}), id: 5 }]);
    const script = [open('2025-11-25'), open('2024-11-05'), list];
    const late = await transcript(world.gateway, script, null, answers);
    for (const at of [1, 2, 3]) expect(await transcript(world.gateway, script, at, answers)).toEqual(late);
    expect(late.find((line) => line.includes('"id":5'))).not.toContain('outputSchema');
  });

  it('a client is notified of changed tools only if the tools differ from the stored first answers that it got', async () => {
    let tools: readonly Json[] = TOOLS;
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result({ tools }) });
    await using before = await startGateway({ a: remote(server) });
    const answers = await firstAnswersOf(before);
    const script = linesOf([request('initialize', { protocolVersion: '2025-11-25' }), request('tools/list', {})]);
    const same = await transcript(before.gateway, [script], 1, answers);
    expect(same.join('\n')).not.toContain('list_changed');
    tools = [TOOLS[0] as Json, { name: 'new', inputSchema: { type: 'object' } }];
    await using after = await startGateway({ a: remote(server) });
    const changed = await transcript(after.gateway, [script], 1, answers);
    expect(changed.filter((line) => line.includes('tools/list_changed'))).toHaveLength(1);
    expect(changed.filter((line) => line.includes('a__shown'))).toHaveLength(1);
  });
});
