import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';

/** Handles a connection once a request has arrived over it. */
export type Fault = (socket: Socket, request: string) => void;

const OK = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** Sends a complete response with this body. */
export function answer(body: Uint8Array | string, head: string = OK): Fault {
  const bytes = Buffer.from(body);
  return (socket) => {
    socket.write(`${head}content-length: ${bytes.length}\r\n\r\n`);
    socket.write(bytes);
  };
}

const status = (line: string, ...headers: string[]): Fault =>
  answer('', `HTTP/1.1 ${line}\r\n${headers.map((header) => `${header}\r\n`).join('')}`);

/** Sends `text` repeatedly until the other side disconnects. */
function repeat(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(text), everyMs);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket, text: string): void {
  let isOpen = true;
  const send = (): void => {
    while (isOpen && socket.write(text));
  };
  socket.on('drain', send).on('close', () => {
    isOpen = false;
  });
  send();
}

function damaged(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, index) => (index === 20 || index === 30 ? byte ^ 0xff : byte));
}

const encoded = (body: Uint8Array, coding: string): Fault => answer(body, `${OK}content-encoding: ${coding}\r\n`);

/** Responds with a status that asks the client to wait, and with this `Retry-After` value. */
export const asksToWait = (header: string, line = '429 Too Many Requests'): Fault =>
  status(line, `retry-after: ${header}`);

/** Redirects to this location. */
export const redirectTo = (location: string, line = '302 Found'): Fault => status(line, `location: ${location}`);

/** Makes a fault from the bytes of the valid response. */
type FaultOf = (good: Uint8Array) => Fault;

const plain =
  (fault: Fault): FaultOf =>
  () =>
    fault;

/** Faulty responses by name. They are written to the socket directly, because an HTTP server would not send them. */
export const FAULTS = {
  'no-response': plain(() => {}),
  'close-before-headers': plain((socket) => socket.end()),
  'reset-before-headers': plain((socket) => socket.resetAndDestroy()),
  'slow-headers': plain((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
    repeat(socket, 'x', 30);
  }),
  'drip-body': plain((socket) => {
    socket.write(`${OK}content-length: 100000\r\n\r\n`);
    repeat(socket, ' ', 30);
  }),
  'early-hints-for-ever': plain((socket) => repeat(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n', 10)),
  'endless-body': plain((socket) => {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n`);
    flood(socket, `10000\r\n${'x'.repeat(0x10000)}\r\n`);
  }),
  truncated: plain((socket) => socket.end(`${OK}content-length: 1000\r\n\r\n{"a":1`)),
  'chunk-trunc': plain((socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\nff\r\nabc`)),
  'reset-mid-body': plain((socket) => {
    socket.write(`${OK}content-length: 1000\r\n\r\n{"a"`);
    setTimeout(() => socket.resetAndDestroy(), 20);
  }),
  'short-content-length': (good) => (socket) =>
    socket.end(Buffer.concat([Buffer.from(`${OK}content-length: 2\r\n\r\n`), good])),
  'cl-te-conflict': plain((socket) =>
    socket.end(`${OK}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
  ),
  'two-content-lengths': plain((socket) => socket.end(`${OK}content-length: 5\r\ncontent-length: 6\r\n\r\nabcde`)),
  'bad-chunk': plain((socket) => socket.end(`${OK}transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`)),
  'lf-only': plain((socket) => socket.end('HTTP/1.1 200 OK\ncontent-length: 2\n\n{}')),
  'not-http': plain((socket) => socket.end('SSH-2.0-OpenSSH_9\r\n')),
  'status-99': plain((socket) => socket.end('HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n')),
  'huge-header': plain((socket) => socket.end(`HTTP/1.1 200 OK\r\nx-large: ${'a'.repeat(100_000)}\r\n\r\n`)),
  'many-headers': plain((socket) => socket.end(`HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(20_000)}\r\n`)),
  'trailer-flood': plain((socket) => {
    socket.write(`${OK}transfer-encoding: chunked\r\n\r\n0\r\n`);
    flood(socket, `x-trailer: ${'x'.repeat(10_000)}\r\n`);
  }),
  'negative-content-length': plain((socket) => socket.end(`${OK}content-length: -1\r\n\r\n{}`)),
  'folded-header': plain((socket) => socket.end(`${OK}x-a: b\r\n c\r\ncontent-length: 2\r\n\r\n{}`)),
  'nul-in-header': plain((socket) => socket.end(`${OK}x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}`)),
  'gzip-bomb': plain(encoded(gzipSync(Buffer.alloc(50_000_000)), 'gzip')),
  'gzip-corrupt': (good) => encoded(damaged(gzipSync(good)), 'gzip'),
  'gzip-truncated': (good) => encoded(gzipSync(good).subarray(0, 60), 'gzip'),
  'gzip-that-is-none': (good) => encoded(good, 'gzip'),
  'deflate-corrupt': (good) => encoded(damaged(deflateSync(good)), 'deflate'),
  'zstd-corrupt': (good) => encoded(damaged(zstdCompressSync(good)), 'zstd'),
  'brotli-corrupt': plain(encoded(Buffer.from('abcde'), 'br')),
  'wrong-type': plain(answer('\x89PNG', 'HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n')),
  'html-captive-portal': plain(
    answer('<!doctype html><p>Please log in', 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n'),
  ),
  'empty-body': plain(answer('')),
  s206: (good) => answer(good, 'HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 0-9/10\r\n'),
  s401: plain(status('401 Unauthorized')),
  s403: plain(status('403 Forbidden')),
  s407: plain(status('407 Proxy Authentication Required')),
  s429: plain(status('429 Too Many Requests')),
  s500: plain(status('500 Internal Server Error')),
  's503-retry': plain(asksToWait('0', '503 Service Unavailable')),
  's304-unasked': plain((socket) => socket.write('HTTP/1.1 304 Not Modified\r\n\r\n')),
  s204: plain((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n')),
  'redirect-loop': plain(redirectTo('/redirect-loop')),
  'redirect-file': plain(redirectTo('file:///etc/passwd')),
  'redirect-meta': plain(redirectTo('http://169.254.169.254/latest/meta-data/', '307 Temporary Redirect')),
  'redirect-nowhere': plain(status('302 Found')),
  bom: (good) => answer(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), good])),
  'invalid-utf8': (good) => answer(good.map((byte, index) => (index === 20 ? 0xff : byte))),
  'utf-16': (good) => answer(Buffer.from(`\ufeff${new TextDecoder().decode(good)}`, 'utf16le')),
} as const satisfies Record<string, FaultOf>;

/** A loopback server that speaks raw TCP. It serves a valid map until it is set to misbehave. */
export class FaultyServer implements AsyncDisposable {
  /** The heads of all requests, in order. */
  readonly requests: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #fault: Fault;

  private constructor(fault: Fault) {
    this.#fault = fault;
    // Without noDelay the second write of each response waits for the other side's delayed ACK.
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
      socket.on('data', (data) => {
        const request = data.toString('latin1');
        if (!request.includes('\r\n\r\n')) return;
        this.requests.push(request);
        this.#fault(socket, request);
      });
    });
  }

  static async start(fault: Fault): Promise<FaultyServer> {
    const server = new FaultyServer(fault);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** The URL of the map with a query. A query often contains a token, which must not appear in any output. */
  get url(): string {
    return `${this.origin}/map`;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Uses this fault for the next request and all later ones. */
  behave(fault: Fault): void {
    this.#fault = fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Code of a thread that listens with a short backlog. The thread is blocked before it accepts any connection. */
const DEAF_LISTENER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(workerData), 0, 0));
  });`;

/** Opens a loopback port on which connecting neither succeeds nor fails, like a black hole. */
export async function startBlackHole(): Promise<AsyncDisposable & { readonly url: string }> {
  const thread = new Worker(DEAF_LISTENER, { eval: true, workerData: new SharedArrayBuffer(4) });
  const [port] = await once(thread, 'message');
  const fillers: Socket[] = [];
  for (let isFull = false; !isFull; ) {
    const filler = connect(port, '127.0.0.1').on('error', () => {});
    fillers.push(filler);
    isFull = !(await Promise.race([once(filler, 'connect'), sleep(150, null)]));
  }
  return {
    url: `http://127.0.0.1:${port}/map`,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy();
      await thread.terminate();
    },
  };
}
