import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type LoadServiceMapOptions, loadConnectorServiceMap } from '../../../src/main/index.ts';
import { secret } from '../../helpers/evidence.ts';
import { type Answer, MapServer } from '../../helpers/map-server.ts';
import { entry, KEY, mapOf, NOW, signed } from '../../helpers/signed-map.ts';

const load = (
  serviceMapUrl: string,
  options: Partial<LoadServiceMapOptions> = {},
): ReturnType<typeof loadConnectorServiceMap> =>
  loadConnectorServiceMap({ serviceMapUrl, signatureKey: KEY, now: () => NOW, timeoutMs: 400, ...options });

describe('loadConnectorServiceMap', () => {
  it('loadConnectorServiceMap() returns the payload and the expiry of a verified map', async () => {
    await using server = await MapServer.start(signed(mapOf([entry('a')])));
    const { payload, expiresAtMs } = await load(server.url);
    expect(payload).toMatchObject({ brand: 'test', connectors: [{ id: 'a', name: 'Connector a' }] });
    expect(expiresAtMs).toBe(NOW + 3_600_000);
  });

  it('loadConnectorServiceMap() requests JSON, bypasses caches, and sends `apiKey` as a bearer token', async () => {
    await using server = await MapServer.start(signed(mapOf([])));
    await load(server.url, { apiKey: secret('map') });
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      'cache-control': 'no-cache',
      authorization: `Bearer ${secret('map')}`,
    });
  });

  it('loadConnectorServiceMap() reads a compressed map', async () => {
    await using server = await MapServer.start();
    const body = gzipSync(signed(mapOf([entry('a')])));
    server.answer((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body));
    expect((await load(server.url)).payload.connectors).toHaveLength(1);
  });

  const drip: Answer = (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(timer));
  };

  it.each<[string, string, Answer]>([
    ['MAP_HTTP_STATUS', 'a server error', (_, response) => response.writeHead(503).end()],
    ['MAP_HTTP_STATUS', 'an empty response', (_, response) => response.writeHead(204).end()],
    ['MAP_UNAUTHORIZED', 'a rejected key', (_, response) => response.writeHead(401).end()],
    [
      'MAP_REDIRECTED',
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    ],
    ['MAP_NOT_MODIFIED_UNASKED', 'an unexpected 304', (_, response) => response.writeHead(304).end()],
    ['MAP_TIMEOUT', 'no response', () => {}],
    ['MAP_TIMEOUT', 'a body that arrives too slowly', drip],
    [
      'MAP_TOO_LARGE',
      'a gzip bomb',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(2e6))),
    ],
    ['MAP_CONNECTION_LOST', 'a connection that breaks', (request) => request.socket.destroy()],
    [
      'MAP_CONNECTION_LOST',
      'a body that breaks off',
      (request, response) => {
        response.writeHead(200, { 'content-length': 1_000 }).write('{');
        setTimeout(() => request.socket.destroy(), 20);
      },
    ],
    [
      'MAP_SYNTAX',
      'a login page',
      (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>'),
    ],
  ])('loadConnectorServiceMap() rejects with %s on %s', async (code, _, answer) => {
    await using server = await MapServer.start();
    server.answer(answer);
    await expect(load(server.url, { maxMapBytes: 1e6 })).rejects.toMatchObject({
      code,
      name: 'ConnectorManifestError',
    });
  });

  it('the error of loadConnectorServiceMap() shows the URL without its query, and keeps the cause', async () => {
    const failure = await load('http://127.0.0.1:9/map?token=s3cr3t-query').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'MAP_UNREACHABLE',
      message: expect.stringContaining('http://127.0.0.1:9/map: '),
    });
    expect(JSON.stringify(failure) + String(failure)).not.toContain('s3cr3t');
    expect((failure as Error).cause).toBeInstanceOf(Error);
  });

  it('loadConnectorServiceMap() uses `fetchImpl`, and times out if `fetchImpl` ignores the signal', async () => {
    const body = signed(mapOf([entry('a')]));
    const fetchImpl = (async () => new Response(body)) as typeof fetch;
    expect((await load('http://map.invalid/', { fetchImpl })).payload.connectors).toHaveLength(1);
    const deaf = (() => new Promise(() => {})) as typeof fetch;
    await expect(load('http://map.invalid/', { fetchImpl: deaf })).rejects.toMatchObject({ code: 'MAP_TIMEOUT' });
  });

  it('loadConnectorServiceMap() rejects with ConnectorManifestError for an invalid option', async () => {
    await expect(load('http://map.invalid/', { signatureKey: '' })).rejects.toMatchObject({
      name: 'ConnectorManifestError',
      code: 'OPTIONS_INVALID',
    });
  });

  it('loadConnectorServiceMap() rejects with SECRET_UNAVAILABLE if the function for the key fails', async () => {
    const signatureKey = (): Promise<string> => Promise.reject(new Error('vault is sealed'));
    await expect(load('http://map.invalid/', { signatureKey })).rejects.toMatchObject({
      code: 'SECRET_UNAVAILABLE',
      cause: { message: 'vault is sealed' },
    });
  });
});
