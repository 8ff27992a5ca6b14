import { createServer } from 'node:http';
import type { ServerOptions } from 'node:https';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ConnectorProxyManagerOptions } from '../../src/main/index.ts';
import { manage } from '../helpers/manager.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';
import { entry } from '../helpers/signed-map.ts';
import { Authority, type KeyPair, mcpListener, TlsServer } from '../helpers/tls-server.ts';

let authority: Authority;
let leaf: KeyPair;
beforeAll(async () => {
  authority = await Authority.create();
  leaf = await authority.sign();
});

const serveMap = (options: ServerOptions): Promise<TlsServer> =>
  TlsServer.start(options, (_, response) => response.end(mapNow()));

const DAY_MS = 86_400_000;

describe('an own authority', () => {
  it('is trusted by main and by the worker, beside those of the runtime', async () => {
    await using server = await serveMap(leaf);
    await using held = mapUnderTest(server.url, { tls: { ca: authority.cert }, offload: 'auto', timeoutMs: 3_000 });
    await held.manager.sync();
    await held.manager.sync(true);
    expect(held.complaints()).toEqual([]);
    expect(held.manager.status().loads.map(({ thread }) => thread.replace(/\d+/, 'N'))).toEqual(['main', 'worker-N']);
    expect(server.requests).toHaveLength(2);
  });

  it.each(['always', 'never'] as const)('is named as bytes or in a list just as well (offload %s)', async (offload) => {
    await using server = await serveMap(leaf);
    const other = await Authority.create();
    const ca = [new TextEncoder().encode(other.cert), authority.cert];
    await using held = mapUnderTest(server.url, { tls: { ca }, offload, timeoutMs: 3_000 });
    await held.manager.sync();
    expect(held.manager.listConnectors()).toHaveLength(2);
  });

  it('holds for connectors too', async () => {
    await using mcp = await TlsServer.start(leaf, mcpListener());
    await using managed = await manage([entry('secure', { endpoint: mcp.url })], { tls: { ca: authority.cert } });
    await managed.manager.sync();
    await expect(managed.manager.callTool('secure.echo', { text: 'hi' })).resolves.toMatchObject({
      content: [{ text: 'hi' }],
    });
  });
});

describe('a certificate that is wrong', () => {
  const cases: [string, (own: Authority) => Promise<KeyPair>, Partial<ConnectorProxyManagerOptions>][] = [
    ['of an unknown authority', () => authority.sign(), {}],
    [
      'that is over',
      (own) =>
        own.sign({ notBeforeDate: new Date(Date.now() - 2 * DAY_MS), notAfterDate: new Date(Date.now() - DAY_MS) }),
      { tls: { ca: '' } },
    ],
    ['of another host', (own) => own.sign({ host: 'elsewhere.example.com' }), { tls: { ca: '' } }],
  ];
  it.each(cases)(
    '%s is MAP_TLS on every thread, and nothing is fetched without TLS instead',
    async (_, make, options) => {
      const pair = await make(authority);
      await using server = await serveMap(pair);
      const tls = options.tls === undefined ? undefined : { ca: authority.cert };
      for (const offload of ['never', 'always'] as const) {
        await using held = mapUnderTest(server.url, { tls, offload, timeoutMs: 3_000 });
        await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_TLS' });
        expect(held.complaints()).toEqual(['map-refresh-failed MAP_TLS']);
      }
      expect(server.requests).toEqual([]);
    },
  );

  it('fails its connector alone', async () => {
    await using good = await TlsServer.start(leaf, mcpListener());
    await using bad = await TlsServer.start(await (await Authority.create()).sign(), mcpListener());
    await using managed = await manage([entry('good', { endpoint: good.url }), entry('bad', { endpoint: bad.url })], {
      tls: { ca: authority.cert },
    });
    await managed.manager.sync();
    const states = managed.manager.status().connectors.map(({ id, state, lastError }) => [id, state, lastError?.code]);
    expect(states).toContainEqual(['good', 'ready', undefined]);
    expect(states).toContainEqual(['bad', 'backing-off', 'CONNECTOR_CONNECT_FAILED']);
    expect(bad.requests).toEqual([]);
  });

  it('is told from a server that does not speak TLS at all', async () => {
    const plain = createServer((_, response) => response.end(mapNow()));
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const { port } = plain.address() as { port: number };
    await using held = mapUnderTest(`https://127.0.0.1:${port}/map`, { timeoutMs: 3_000 });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_TLS' });
    plain.close();
  });
});

describe('a client certificate', () => {
  const mutual = (): ServerOptions => ({ ...leaf, ca: authority.cert, requestCert: true, rejectUnauthorized: true });

  it.each(['never', 'always'] as const)('is shown to a server that wants one (offload %s)', async (offload) => {
    const { cert, key } = await authority.sign({ host: 'client' });
    await using server = await serveMap(mutual());
    await using held = mapUnderTest(server.url, { tls: { ca: authority.cert, cert, key }, offload, timeoutMs: 3_000 });
    await held.manager.sync();
    expect(held.manager.listConnectors()).toHaveLength(2);
    await using without = mapUnderTest(server.url, { tls: { ca: authority.cert }, offload, timeoutMs: 3_000 });
    await expect(without.manager.sync()).rejects.toMatchObject({
      code: expect.stringMatching(/^MAP_(TLS|CONNECTION_LOST)$/),
    });
  });

  it('may come with the name that the server must prove', async () => {
    await using server = await serveMap(await authority.sign({ host: 'elsewhere.example.com' }));
    const tls = { ca: authority.cert, servername: 'elsewhere.example.com' };
    for (const offload of ['never', 'always'] as const) {
      await using held = mapUnderTest(server.url, { tls, offload, timeoutMs: 3_000 });
      await held.manager.sync();
      expect(held.manager.listConnectors()).toHaveLength(2);
    }
  });
});

describe('ten connectors of one https origin', () => {
  it('take four handshakes to come up, and none for a refresh and a call each', async () => {
    await using mcp = await TlsServer.start(leaf, mcpListener());
    const connectors = Array.from({ length: 10 }, (_, index) => entry(`c${index}`, { endpoint: mcp.url }));
    await using managed = await manage(connectors, { tls: { ca: authority.cert } });
    await managed.manager.sync();
    expect(managed.manager.status().connectors.map(({ state }) => state)).toEqual(Array(10).fill('ready'));
    expect(mcp.handshakes).toBeLessThanOrEqual(4);
    const before = mcp.handshakes;
    await managed.manager.sync(true);
    for (const { id } of connectors) await managed.manager.callTool(`${id}.echo`, { text: 'x' });
    expect(mcp.handshakes).toBe(before);
  });
});
