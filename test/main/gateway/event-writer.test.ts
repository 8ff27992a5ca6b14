import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventWriter, type EventWriterOptions } from '../../../src/main/gateway/event-writer.ts';

/** Creates a response over a socket that records the data that it receives, and accepts data only while `isReading`. */
function openResponse(isReading = true) {
  const written: string[] = [];
  const socket = new Writable({
    highWaterMark: 16,
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      if (isReading) done();
    },
  });
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.useChunkedEncodingByDefault = false;
  response.assignSocket(socket as Socket);
  const all = async (): Promise<string> => {
    // Node collects the data of one event loop turn, and writes it in the next turn.
    await new Promise(setImmediate);
    return written.join('');
  };
  return { response, head: all, body: async () => (await all()).replace(/^.*?\r\n\r\n/s, '') };
}

const options: EventWriterOptions = { retryMs: null, keepAliveMs: null, maxUnreadBytes: 1_000 };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('EventWriter', () => {
  it('EventWriter starts the response with the given headers and the retry delay', async () => {
    const { response, head, body } = openResponse();
    new EventWriter(response, { 'x-own': '1' }, { ...options, retryMs: 3_000 });
    expect(await head()).toContain('content-type: text/event-stream\r\nx-own: 1\r\n');
    expect(await body()).toBe('retry: 3000\n\n');
  });

  it('EventWriter writes the id, the name and the data of an event', async () => {
    const { response, body } = openResponse();
    new EventWriter(response, {}, options).send({ id: '7', name: 'message', data: '{}' });
    expect(await body()).toBe('id: 7\nevent: message\ndata: {}\n\n');
  });

  it('EventWriter encodes an event so that line breaks in its id, name or data cannot start another field', async () => {
    const { response, body } = openResponse();
    new EventWriter(response, {}, options).send({ id: '7\nx', name: 'a\r\nb', data: 'one\ntwo\r\nthree\rfour' });
    expect(await body()).toBe('id: 7 x\nevent: a  b\ndata: one\ndata: two\ndata: three\ndata: four\n\n');
  });

  it('EventWriter writes JSON that arrives in pieces as one event on one line', async () => {
    const { response, body } = openResponse();
    const writer = new EventWriter(response, {}, options);
    writer.beginPieces('message', '{"result":');
    writer.piece(Buffer.from('{"a":\r\n1,'));
    writer.piece(Buffer.from('"b":2}'));
    writer.endPieces('}');
    expect(await body()).toBe('event: message\ndata: {"result":{"a":  1,"b":2}}\n\n');
  });

  it('EventWriter sends comments to keep the stream alive, but never within an event or after the end', async () => {
    const { response, body } = openResponse();
    const writer = new EventWriter(response, {}, { ...options, keepAliveMs: 10 });
    vi.advanceTimersByTime(20);
    expect(await body()).toBe(': still there\n\n: still there\n\n');
    writer.beginPieces('message', '{');
    vi.advanceTimersByTime(100);
    writer.endPieces('}');
    vi.advanceTimersByTime(100);
    expect(await body()).toBe(': still there\n\n: still there\n\nevent: message\ndata: {}\n\n');
  });

  it('EventWriter can end the stream with or without a last event', async () => {
    const [first, second] = [openResponse(), openResponse()];
    new EventWriter(first.response, {}, options).end({ data: 'bye' });
    new EventWriter(second.response, {}, { ...options, keepAliveMs: 10 }).end();
    vi.advanceTimersByTime(100);
    expect([await first.body(), await second.body()]).toEqual(['data: bye\n\n', '']);
  });

  it('EventWriter disconnects a client that leaves too much data unread', () => {
    const { response } = openResponse(false);
    const writer = new EventWriter(response, {}, options);
    expect(writer.send({ data: 'x'.repeat(2_000) })).toBe(true);
    expect(writer.isBehind).toBe(true);
    expect(writer.send({ data: 'y' })).toBe(false);
    expect(response.destroyed).toBe(true);
  });
});
