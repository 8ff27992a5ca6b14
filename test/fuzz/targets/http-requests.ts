import { connect, type Socket } from 'node:net';
import { newErrorsOf, startFuzzGateway } from '../engine/fuzz-gateway.ts';
import { type FuzzTarget, must } from '../engine/fuzz-target.ts';
import { naughtyStrings } from '../engine/vectors.ts';

const PING = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
const META = '{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
const LIST = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${META}}}`;
const INITIALIZE =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{}}}';

/** Placeholder for the address of the listener, whose port differs each time. */
const HOST = '{host}';

const HEAD = `host: ${HOST}\r\ncontent-type: application/json\r\naccept: application/json, text/event-stream\r\n`;

const post = (body: string, more = ''): string =>
  `POST /mcp HTTP/1.1\r\n${HEAD}${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** Maximum time until a response, or until the end of the connection, ms. */
const PATIENCE_MS = 8_000;

/**
 * Raw bytes to the listener of a real gateway. Part of each input goes in one write and the rest in another; then the
 * client ends its side. The listener answers in HTTP or closes the connection, and it still answers a valid request
 * afterwards.
 */
export const target: FuzzTarget = {
  name: 'http-requests',
  covers: ['/src/main/gateway/'],
  batchSize: 4,
  seeds: () => [
    post(PING),
    post(INITIALIZE),
    post(LIST, 'mcp-protocol-version: 2026-07-28\r\nmcp-method: tools/list\r\n'),
    `POST /mcp HTTP/1.1\r\n${HEAD}transfer-encoding: chunked\r\n\r\n${PING.length.toString(16)}\r\n${PING}\r\n0\r\n\r\n`,
    `GET /mcp HTTP/1.1\r\nhost: ${HOST}\r\naccept: text/event-stream\r\nmcp-session-id: x\r\n\r\n`,
    `DELETE /mcp HTTP/1.1\r\nhost: ${HOST}\r\nmcp-session-id: 0123\r\n\r\n`,
    `OPTIONS /mcp HTTP/1.1\r\nhost: ${HOST}\r\norigin: http://${HOST}\r\naccess-control-request-headers: a, b\r\n\r\n`,
    `GET /c/one/mcp HTTP/1.1\r\nhost: ${HOST}\r\n\r\nGET /healthz HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`,
    ...['/', '/readyz', '/metrics', '/r/x/mcp', '/status.json', '/connectors?q=a&page=2', '/%zz', '/events'].map(
      (path) => `GET ${path} HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`,
    ),
    `POST /mcp HTTP/1.1\r\n${HEAD}expect: 100-continue\r\ncontent-length: 2\r\n\r\n{}`,
    `GET /mcp HTTP/1.1\r\nhost: ${HOST}\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n`,
  ],
  dictionary: [
    ...[
      '\r\n',
      '\r\n\r\n',
      '\n',
      ': ',
      ' ',
      '\t',
      '\0',
      'GET ',
      'POST ',
      'DELETE ',
      'HEAD ',
      'OPTIONS ',
      'CONNECT ',
      'TRACE ',
    ],
    ...[
      '/mcp',
      '/c/one/mcp',
      '/c/off/mcp',
      '/healthz',
      '/metrics',
      '/..',
      '//',
      '/%2e%2e/',
      '?',
      '#',
      'http://a/',
      '*',
      '%00',
    ],
    ...[
      ' HTTP/1.1',
      ' HTTP/1.0',
      ' HTTP/2.0',
      'host: ',
      HOST,
      'evil.example',
      'origin: ',
      'null',
      'content-length: ',
      '0',
    ],
    ...[
      'transfer-encoding: chunked\r\n',
      'transfer-encoding: gzip\r\n',
      'expect: 100-continue\r\n',
      'connection: close\r\n',
    ],
    ...[
      'content-type: ',
      'application/json',
      'accept: ',
      'text/event-stream',
      '*/*;q=0',
      'mcp-session-id: ',
      'last-event-id: 1\r\n',
    ],
    ...[
      'mcp-protocol-version: ',
      '2026-07-28',
      '2025-03-26',
      'mcp-method: ',
      'mcp-name: ',
      'authorization: Bearer x\r\n',
    ],
    ...[
      'content-encoding: gzip\r\n',
      'upgrade: h2c\r\n',
      'traceparent: 00-0-0-00\r\n',
      'cookie: a=b\r\n',
      '{}',
      '[]',
      '[{}]',
      PING,
      LIST,
    ],
    ...naughtyStrings(),
  ],
  async start() {
    const world = await startFuzzGateway();
    const newErrors = newErrorsOf(world);
    const url = new URL(world.listener.url);
    return {
      async run(input) {
        checkAnswer(await exchange(url, Buffer.from(input)));
        const after = await exchange(url, Buffer.from(post(PING, 'connection: close\r\n')));
        must(
          after.startsWith('HTTP/1.1 200') && after.includes('"id":1'),
          `a valid request gets ${after.slice(0, 200)}`,
        );
        const [error] = newErrors();
        must(error === undefined, `the gateway logs an error: ${error}`);
      },
      close: async () => world[Symbol.asyncDispose](),
    };
  },
};

/** Resolves with all responses of the listener until it closes the connection. Rejects if it never does. */
async function exchange(url: URL, input: Buffer): Promise<string> {
  const bytes = Buffer.from(input.toString('latin1').replaceAll(HOST, url.host), 'latin1');
  const socket = connect(Number(url.port), url.hostname);
  socket.setNoDelay(true);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const half = bytes.length >> 1;
  socket.write(bytes.subarray(0, half));
  // The first half is a separate packet, so that tokens across both halves are read from two packets.
  setImmediate(() => socket.end(bytes.subarray(half)));
  await closed(socket);
  return Buffer.concat(chunks).toString('latin1');
}

function closed(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    reject(new Error('The listener neither answers nor closes'));
    socket.destroy();
  }, PATIENCE_MS);
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(timer);
    resolve();
  });
  return promise;
}

function checkAnswer(answer: string): void {
  if (answer === '') return;
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
  must(status >= 100 && status <= 599, `the response is not HTTP: ${answer.slice(0, 100)}`);
  // A gateway whose connectors are down is not ready; every other 5xx status is a fault of the gateway.
  must(status < 500 || status === 503, `the gateway answers ${status}`);
}
