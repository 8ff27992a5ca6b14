import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { remote, startGateway } from '../../helpers/gateway-world.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';
import { MODERN, RawMcpServer } from '../../helpers/raw-mcp-server.ts';

describe('sockets', () => {
  it('connections with unfinished requests are closed after the request timeout, so that others can connect', async () => {
    await using world = await startGateway({}, { limits: { maxConnections: 5, requestTimeoutMs: 300 } });
    const { hostname, port } = new URL(world.listener.url);
    const sockets = Array.from({ length: 5 }, () =>
      connect({ host: hostname, port: Number(port), allowHalfOpen: true }),
    );
    for (const socket of sockets) socket.on('error', () => {}).write('POST /mcp HTTP/1.1\r\nhost:');
    await eventually('there is a place again', () =>
      fetch(`${world.listener.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    for (const socket of sockets) socket.destroy();
  });

  it('a client that sends calls but does not read the responses does not delay other clients', async () => {
    await using server = await RawMcpServer.start({
      'tools/call': ({ result }) => result({ content: [{ type: 'text', text: 'x'.repeat(60_000) }] }),
    });
    await using world = await startGateway({ a: remote(server) });
    const { hostname, port } = new URL(world.listener.url);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a__echo' } });
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => {});
    socket.pause();
    for (let index = 0; index < 20; index += 1)
      socket.write(
        `POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    await eventually('the calls reach the connector', () => server.of('tools/call').length >= 1);
    expect((await postLegacy(`${world.listener.url}/mcp`, 'ping')).result).toEqual({});
    socket.destroy();
  });
});

describe('request paths', () => {
  it.each(['/c/%2e%2e/mcp', '/c/a/../../mcp', '//x/mcp', '/./mcp'])(
    'a request is rejected with 400 if its path is not normalized: %s',
    async (path) => {
      await using world = await startGateway({});
      const { hostname, port } = new URL(world.listener.url);
      const socket = connect({ host: hostname, port: Number(port) });
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk.toString();
      });
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
      await new Promise((resolve) => socket.once('close', resolve));
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  it('the route of a connector answers with 404 once the connector is removed', async () => {
    await using server = await RawMcpServer.start(MODERN);
    await using world = await startGateway({ a: remote(server), b: remote(server) });
    const url = `${world.listener.url}/c/a/mcp`;
    expect((await postLegacy(url, 'tools/list')).status).toBe(200);
    world.file.write({ b: remote(server) });
    await world.manager.reload();
    expect((await postLegacy(url, 'tools/list')).status).toBe(404);
  });
});
