import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { exchangesOf } from '../../../../../src/main/cli/commands/replay/exchanges.ts';
import { readRecording } from '../../../../../src/main/cli/commands/replay/read-recording.ts';
import { ReplayServer } from '../../../../../src/main/cli/commands/replay/replay-server.ts';
import type { JsonObject } from '../../../../../src/main/mcp/json-rpc.ts';
import { headerLine, type RecordedLine } from '../../../../../src/main/recording/recording-format.ts';
import { TempDir } from '../../../../helpers/temp-dir.ts';

type Said = readonly ['client' | 'server', JsonObject];

const call = (id: unknown, name: string, args: JsonObject = {}, meta?: JsonObject): JsonObject => ({
  id,
  method: 'tools/call',
  params: { name, arguments: args, ...(meta !== undefined && { _meta: meta }) },
});
const result = (id: unknown, text: string): JsonObject => ({ id, result: { text } });

function lines(said: readonly Said[], connector: string | null = null): readonly RecordedLine[] {
  return said.map(([from, message]) => ({ connector, connection: '1', from, message: { jsonrpc: '2.0', ...message } }));
}

/** Replays a recording. `sent` contains the messages to the client without `jsonrpc`. */
function replayed(
  said: readonly Said[],
  isLenient = false,
): { sent: JsonObject[]; take: (message: JsonObject) => Promise<void> } {
  const sent: JsonObject[] = [];
  const send = ({ jsonrpc: _, ...message }: JsonObject): void => void sent.push(message);
  const server = new ReplayServer(exchangesOf(lines(said)), { isLenient, send });
  return {
    sent,
    take: async (message) => {
      server.take(message);
      await new Promise(setImmediate);
    },
  };
}

describe('replay', () => {
  it('the replay server answers equal requests with the recorded responses in order, and then repeats the last response', async () => {
    const { sent, take } = replayed([
      ['client', call(1, 'a')],
      ['server', result(1, 'first')],
      ['client', call(2, 'a')],
      ['server', result(2, 'second')],
    ]);
    for (const id of ['x', 'y', 'z']) await take(call(id, 'a', {}, { progressToken: 9 }));
    expect(sent).toEqual([result('x', 'first'), result('y', 'second'), result('z', 'second')]);
  });

  it('the replay server answers a request that was not recorded with an error that describes the most similar request', async () => {
    const said: readonly Said[] = [
      ['client', call(1, 'a', { x: 1, y: 'long' })],
      ['server', result(1, 'a')],
      ['client', call(2, 'b', { x: 2 })],
      ['server', result(2, 'b')],
    ];
    const strict = replayed(said);
    await strict.take(call(7, 'a', { x: 2 }));
    await strict.take({ id: 8, method: 'resources/list' });
    const nearest = { method: 'tools/call', params: { name: 'a', arguments: { x: 1, y: 'long' } } };
    expect(strict.sent).toMatchObject([
      {
        id: 7,
        error: { code: -32_602, message: expect.stringMatching(/"x":2.*similar.*"y":"long"/), data: { nearest } },
      },
      { id: 8, error: { code: -32_601 } },
    ]);
    const lenient = replayed(said, true);
    await lenient.take(call(7, 'a', { x: 2 }));
    await lenient.take(call(8, 'c', { x: 2 }));
    expect(lenient.sent).toMatchObject([result(7, 'a'), { id: 8, error: { code: -32_602 } }]);
  });

  it('the replay server replays progress, notifications and server requests in order, with the ids of the new client', async () => {
    const { sent, take } = replayed([
      ['client', call(1, 'ask', {}, { progressToken: 't' })],
      ['server', { method: 'notifications/progress', params: { progressToken: 't', progress: 1 } }],
      ['server', { id: 0, method: 'elicitation/create', params: { message: 'Sure?' } }],
      ['client', { id: 0, result: { action: 'accept' } }],
      ['server', { method: 'notifications/message', params: { data: 'asked' } }],
      ['server', result(1, 'done')],
      ['server', { method: 'notifications/tools/list_changed' }],
    ]);
    await take(call('mine', 'ask', {}, { progressToken: 42 }));
    expect(sent).toEqual([
      { method: 'notifications/progress', params: { progressToken: 42, progress: 1 } },
      { id: 'replay-1', method: 'elicitation/create', params: { message: 'Sure?' } },
    ]);
    await take({ id: 'replay-1', result: { action: 'decline' } });
    await vi.waitFor(() => expect(sent).toHaveLength(5));
    expect(sent.slice(2)).toEqual([
      { method: 'notifications/message', params: { data: 'asked' } },
      result('mine', 'done'),
      { method: 'notifications/tools/list_changed' },
    ]);
  });

  it('the replay server sends no progress to a client without a progress token, and nothing after a cancellation', async () => {
    const { sent, take } = replayed([
      ['client', call(1, 'ask', {}, { progressToken: 1 })],
      ['server', { method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }],
      ['server', { id: 5, method: 'roots/list' }],
      ['client', { id: 5, result: { roots: [] } }],
      ['server', result(1, 'done')],
    ]);
    await take(call(1, 'ask'));
    expect(sent).toEqual([{ id: 'replay-1', method: 'roots/list' }]);
    await take({ method: 'notifications/cancelled', params: { requestId: 1 } });
    await take({ id: 'replay-1', result: { roots: [] } });
    expect(sent).toHaveLength(1);
  });

  it('the replay server answers `initialize` from a modern recording, but rejects `server/discover` for a legacy recording', async () => {
    const discovered = {
      supportedVersions: ['2026-07-28'],
      capabilities: { tools: {} },
      serverInfo: { name: 's', version: '1' },
    };
    const modern = replayed([
      ['client', { id: 1, method: 'server/discover', params: {} }],
      ['server', { id: 1, result: discovered }],
    ]);
    await modern.take({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18' } });
    await modern.take({ id: 2, method: 'subscriptions/listen', params: { notifications: { toolsListChanged: true } } });
    expect(modern.sent).toMatchObject([
      { id: 1, result: { protocolVersion: '2025-06-18', serverInfo: { name: 's' }, capabilities: { tools: {} } } },
      { method: 'notifications/subscriptions/acknowledged' },
    ]);
    const legacy = replayed([
      ['client', { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25' } }],
      ['server', { id: 1, result: { protocolVersion: '2025-11-25' } }],
    ]);
    await legacy.take({ id: 1, method: 'server/discover' });
    expect(legacy.sent).toMatchObject([{ id: 1, error: { code: -32_601 } }]);
  });

  it('the replay server accepts any string where a secret was masked, and reports a request without a recorded response', async () => {
    const { sent, take } = replayed([
      ['client', call(1, 'login', { key: 'Bearer ***masked***' })],
      ['server', result(1, 'in')],
      ['client', call(2, 'slow')],
    ]);
    await take(call(1, 'login', { key: 'Bearer abc' }));
    await take(call(2, 'login', { key: 'Basic abc' }));
    await take(call(3, 'slow'));
    expect(sent).toMatchObject([
      result(1, 'in'),
      { id: 2, error: { code: -32_602 } },
      { id: 3, error: { code: -32_000 } },
    ]);
  });
});

describe('readRecording', () => {
  const whole = lines([
    ['client', call(1, 'a')],
    ['server', result(1, 'b')],
  ]).map((line) => `${JSON.stringify(line)}\n`);

  it.each([
    ['is empty', '', 1],
    ['is not a recording', '{"name":"x"}\n', 1],
    ['is of a later version', '{"mcpRecording":2}\n', 1],
    ['holds a damaged line', `${headerLine()}${whole[0]}{"conn\n${whole[1]}`, 3],
    ['holds a line without a sender', `${headerLine()}{"connector":null,"connection":1,"message":{}}\n`, 2],
    ['holds a line that nests too deeply', `${headerLine()}${whole[0]}${'['.repeat(10_000)}\n`, 3],
  ])('readRecording() rejects a file that %s, and names the line', (_, text, line) => {
    using folder = new TempDir();
    const path = join(folder.path, 'a.jsonl');
    writeFileSync(path, text);
    expect(() => readRecording(path)).toThrow(
      expect.objectContaining({ code: 'RECORDING_INVALID', detail: { path, line } }),
    );
  });

  it('readRecording() ignores an incomplete last line, wherever the recording was cut off', () => {
    using folder = new TempDir();
    const path = join(folder.path, 'a.jsonl');
    const text = `${headerLine()}${whole.join('')}`;
    for (let length = headerLine().length; length <= text.length; length += 1) {
      writeFileSync(path, text.slice(0, length));
      const { lines: read, isTorn } = readRecording(path);
      expect(read).toHaveLength(text.slice(0, length).split('\n').length - 2);
      expect(isTorn).toBe(!text.slice(0, length).endsWith('\n'));
    }
  });
});
