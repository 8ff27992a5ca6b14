import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { Agent } from 'undici';
import type { BenchClient, Target } from './target.ts';

type Json = Readonly<Record<string, unknown>>;

/** Number of bytes that are read between two pauses. */
const PIECE_BYTES = 64 * 1_024;

const INFO = { name: 'bench', version: '1.0.0' };
const MODERN_META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': INFO,
  'io.modelcontextprotocol/clientCapabilities': {},
};
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

interface Answer {
  readonly id?: number;
  readonly result?: { readonly tools?: readonly unknown[] };
  readonly error?: unknown;
}

/**
 * Opens a minimal client over undici, so that the time of the client itself is negligible. It pauses for `pauseMs`
 * after each 64 KiB of a response.
 */
export async function openRawClient(target: Target, pauseMs = 0): Promise<BenchClient> {
  const agent = new Agent();
  const { ask, headers } =
    target.speaks === 'sse' ? await overSse(agent, target.url, pauseMs) : overStreamableHttp(agent, target, pauseMs);
  let id = 0;
  const send = async (method: string, params: Json): Promise<Answer['result']> => {
    id += 1;
    const answer = await ask({ jsonrpc: '2.0', id, method, params });
    if (answer.result === undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  };
  if (target.speaks !== 'modern') {
    await send('initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: INFO });
    headers['mcp-protocol-version'] = '2025-06-18';
  }
  return {
    call: (name, args) => send('tools/call', { name, arguments: args }),
    list: async () => (await send('tools/list', {}))?.tools?.length ?? 0,
    close: () => agent.destroy(),
  };
}

interface Channel {
  readonly ask: (
    message: Json & { readonly id: number; readonly method: string; readonly params: Json },
  ) => Promise<Answer>;
  readonly headers: Record<string, string>;
}

function overStreamableHttp(agent: Agent, { url, speaks }: Target, pauseMs: number): Channel {
  const { origin, pathname: path } = new URL(url);
  const headers: Record<string, string> = { ...HEADERS };
  if (speaks === 'modern') headers['mcp-protocol-version'] = '2026-07-28';
  return {
    headers,
    async ask(message) {
      const { method, params } = message;
      const own: Record<string, string> = speaks === 'modern' ? { ...headers, 'mcp-method': method } : headers;
      if (speaks === 'modern' && typeof params.name === 'string') own['mcp-name'] = params.name;
      const whole = speaks === 'modern' ? { ...message, params: { ...params, _meta: MODERN_META } } : message;
      const response = await agent.request({ origin, path, method: 'POST', headers: own, body: JSON.stringify(whole) });
      const session = response.headers['mcp-session-id'];
      if (typeof session === 'string') headers['mcp-session-id'] = session;
      const text = pauseMs === 0 ? await response.body.text() : await readSlowly(response.body, pauseMs);
      // A response as an event stream contains exactly one event.
      const isStream = String(response.headers['content-type']).startsWith('text/event-stream');
      return JSON.parse(isStream ? (/^data: ?(.*)$/m.exec(text)?.[1] ?? '') : text) as Answer;
    },
  };
}

/**
 * Opens an event stream (HTTP+SSE of MCP 2024-11-05). The first event contains the URL to which messages are posted.
 * Responses arrive as later events.
 */
async function overSse(agent: Agent, url: string, pauseMs: number): Promise<Channel> {
  const { origin, pathname: path } = new URL(url);
  const waiting = new Map<number | undefined, (answer: Answer) => void>();
  const endpoint = Promise.withResolvers<string>();
  const parser = createParser({
    onEvent({ event, data }) {
      if (event === 'endpoint') return endpoint.resolve(data);
      const answer = JSON.parse(data) as Answer;
      waiting.get(answer.id)?.(answer);
      waiting.delete(answer.id);
    },
  });
  const stream = await agent.request({
    ...{ origin, path, method: 'GET', headers: { accept: 'text/event-stream' } },
    ...{ bodyTimeout: 0, headersTimeout: 0 },
  });
  const feed = (chunk: string): void => parser.feed(chunk);
  readPieces(stream.body, pauseMs, feed).catch(() => {
    // The stream fails when the client is closed.
  });
  const to = await endpoint.promise;
  return {
    headers: { ...HEADERS },
    async ask(message) {
      const answered = Promise.withResolvers<Answer>();
      waiting.set(message.id, answered.resolve);
      const body = JSON.stringify(message);
      const response = await agent.request({ origin, path: to, method: 'POST', headers: HEADERS, body });
      await response.body.dump();
      return answered.promise;
    },
  };
}

async function readSlowly(body: Readable, pauseMs: number): Promise<string> {
  let text = '';
  await readPieces(body, pauseMs, (piece) => {
    text += piece;
  });
  return text;
}

async function readPieces(body: Readable, pauseMs: number, take: (piece: string) => void): Promise<void> {
  let pauses = 0;
  for await (const piece of body.setEncoding('utf8') as AsyncIterable<string>) {
    take(piece);
    pauses += piece.length / PIECE_BYTES;
    if (pauseMs === 0 || pauses < 1) continue;
    await sleep(pauses * pauseMs);
    pauses = 0;
  }
}
