import { createPrivateKey } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { ServerOptions } from 'node:https';
import { beforeAll, describe, expect, it } from 'vitest';
import { ConnectorProxyManager, type ConnectorProxyManagerOptions } from '../../../src/main/index.ts';
import { secret } from '../../helpers/evidence.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { mapNow, mapUnderTest } from '../../helpers/map-under-test.ts';
import { entry, KEY } from '../../helpers/signed-map.ts';
import {
  Authority,
  type KeyPair,
  mcpListener,
  selfSigned,
  sessionListener,
  TlsServer,
} from '../../helpers/tls-server.ts';

let authority: Authority;
let leaf: KeyPair;
beforeAll(async () => {
  authority = await Authority.create();
  leaf = await authority.sign();
});

const serveMap = (options: ServerOptions): Promise<TlsServer> =>
  TlsServer.start(options, (_, response) => response.end(mapNow()));

const DAY_MS = 86_400_000;

/** Retries are delayed as long as possible. Otherwise the test might see a failed connector during its next attempt. */
const lateRetries = { random: { next: () => 1 } };

describe('a configured certificate authority', () => {
  it('a configured certificate authority is trusted on both threads, in addition to the default authorities', async () => {
    await using server = await serveMap(leaf);
    await using held = mapUnderTest(server.url, { tls: { ca: authority.cert }, offload: 'auto', timeoutMs: 3_000 });
    await held.manager.sync();
    await held.manager.sync(true);
    expect(held.complaints()).toEqual([]);
    expect(held.manager.status().loads.map(({ thread }) => thread.replace(/\d+/, 'N'))).toEqual(['main', 'worker-N']);
    expect(server.requests).toHaveLength(2);
  });

  it.each(['always', 'never'] as const)(
    'certificate authorities can be configured as bytes or as a list (offload: %s)',
    async (offload) => {
      await using server = await serveMap(leaf);
      const other = await Authority.create();
      const ca = [new TextEncoder().encode(other.cert), authority.cert];
      await using held = mapUnderTest(server.url, { tls: { ca }, offload, timeoutMs: 3_000 });
      await held.manager.sync();
      expect(held.manager.listConnectors()).toHaveLength(2);
    },
  );

  it('a certificate authority is found in a bundle of several authorities, even with CRLF line endings', async () => {
    await using server = await serveMap(leaf);
    const other = await Authority.create();
    const ca = `# ours\n${other.cert}\n${authority.cert}`.replaceAll('\n', '\r\n');
    await using held = mapUnderTest(server.url, { tls: { ca }, offload: 'always', timeoutMs: 3_000 });
    await held.manager.sync();
    expect(held.manager.listConnectors()).toHaveLength(2);
  });

  it.each([
    ['auto', ['main', 'worker-N']],
    ['always', ['worker-N', 'worker-N']],
  ] as const)(
    'a configured certificate authority applies to a map and a connector at the same origin (offload: %s)',
    async (offload, threads) => {
      const mcp = mcpListener();
      await using server = await TlsServer.start(leaf, (request, response) => {
        if (request.url?.startsWith('/map')) response.end(mapNow([entry('secure', { endpoint: server.url })]));
        else mcp(request, response);
      });
      const url = `https://127.0.0.1:${server.port}/map`;
      await using held = mapUnderTest(url, { tls: { ca: authority.cert }, offload, timeoutMs: 3_000 });
      await held.manager.sync();
      await held.manager.sync(true);
      expect(held.manager.status().loads.map(({ thread }) => thread.replace(/\d+/, 'N'))).toEqual(threads);
      await expect(held.manager.callTool('secure.echo', { text: 'hi' })).resolves.toMatchObject({
        content: [{ text: 'hi' }],
      });
      expect(server.plainRequests).toBe(0);
    },
  );
});

describe('an invalid certificate', () => {
  const cases: [string, () => Promise<KeyPair>][] = [
    ['from an unknown authority', async () => (await Authority.create()).sign()],
    ['that is self-signed', selfSigned],
    [
      'that has expired',
      () =>
        authority.sign({
          notBeforeDate: new Date(Date.now() - 2 * DAY_MS),
          notAfterDate: new Date(Date.now() - DAY_MS),
        }),
    ],
    ['for another host name', () => authority.sign({ host: 'elsewhere.example.com' })],
  ];
  it.each(cases)(
    'a certificate %s makes the load of a map fail with MAP_TLS, and no request is sent without TLS instead',
    async (_, make) => {
      await using server = await serveMap(await make());
      for (const offload of ['never', 'always'] as const) {
        await using held = mapUnderTest(server.url, { tls: { ca: authority.cert }, offload, timeoutMs: 3_000 });
        await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_TLS' });
        expect(held.complaints()).toEqual(['map-refresh-failed MAP_TLS']);
      }
      expect([server.connections > 0, server.requests.length, server.plainRequests]).toEqual([true, 0, 0]);
    },
  );

  it('a map server whose private certificate authority is not configured makes the load fail with MAP_TLS', async () => {
    await using server = await serveMap(leaf);
    await using held = mapUnderTest(server.url, { timeoutMs: 3_000 });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_TLS' });
  });

  it('the TLS server of these tests counts requests that arrive without TLS (control)', async () => {
    await using server = await serveMap(leaf);
    await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow();
    expect(server.plainRequests).toBe(1);
  });

  it('a server with an invalid certificate makes only its own connector fail', async () => {
    await using good = await TlsServer.start(leaf, mcpListener());
    await using bad = new AsyncDisposableStack();
    const servers: TlsServer[] = [];
    for (const [, make] of cases) servers.push(bad.use(await TlsServer.start(await make(), mcpListener())));
    const entries = servers.map(({ url }, index) => entry(`bad${index}`, { endpoint: url }));
    await using managed = await manage([entry('good', { endpoint: good.url }), ...entries], {
      tls: { ca: authority.cert },
      ...lateRetries,
    });
    await managed.manager.sync();
    const states = managed.manager.status().connectors.map(({ id, state, lastError }) => [id, state, lastError?.code]);
    expect(states).toEqual([
      ['good', 'ready', undefined],
      ...entries.map(({ id }) => [id, 'backing-off', 'CONNECTOR_CONNECT_FAILED']),
    ]);
    await managed.manager.callTool('good.echo', { text: 'hi' });
    expect(servers.map(({ requests, plainRequests }) => requests.length + plainRequests)).toEqual([0, 0, 0, 0]);
  });

  it('a map server without TLS at an https URL makes the load fail with MAP_TLS, and gets no request in clear text', async () => {
    await using plain = await MapServer.start(mapNow());
    await using held = mapUnderTest(plain.url.replace('http:', 'https:'), { timeoutMs: 3_000 });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_TLS' });
    expect(plain.requests).toEqual([]);
  });
});

describe('a client certificate', () => {
  const mutual = (): ServerOptions => ({ ...leaf, ca: authority.cert, requestCert: true, rejectUnauthorized: true });

  it.each(['never', 'always'] as const)(
    'a map server that requires a client certificate gets the configured certificate (offload: %s)',
    async (offload) => {
      const { cert, key } = await authority.sign({ host: 'client' });
      await using server = await serveMap(mutual());
      await using held = mapUnderTest(server.url, {
        tls: { ca: authority.cert, cert, key },
        offload,
        timeoutMs: 3_000,
      });
      await held.manager.sync();
      expect(held.manager.listConnectors()).toHaveLength(2);
      await using without = mapUnderTest(server.url, { tls: { ca: authority.cert }, offload, timeoutMs: 3_000 });
      await expect(without.manager.sync()).rejects.toMatchObject({
        code: expect.stringMatching(/^MAP_(TLS|CONNECTION_LOST)$/),
      });
    },
  );

  it('connectors send the configured client certificate, whose key may be encrypted', async () => {
    const { cert, key } = await authority.sign({ host: 'client' });
    const passphrase = secret('passphrase');
    const encrypted = createPrivateKey(key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
      .toString();
    await using mcp = await TlsServer.start(mutual(), mcpListener());
    const connectors = [entry('secure', { endpoint: mcp.url })];
    const tls = { ca: authority.cert, cert, key: encrypted, passphrase };
    await using managed = await manage(connectors, { tls });
    await managed.manager.sync();
    expect(managed.manager.status().connectors[0]).toMatchObject({ state: 'ready' });
    const stranger = await (await Authority.create()).sign({ host: 'client' });
    for (const shown of [{}, stranger]) {
      await using refused = await manage(connectors, { tls: { ca: authority.cert, ...shown }, ...lateRetries });
      await refused.manager.sync();
      expect(refused.manager.status().connectors[0]).toMatchObject({ state: 'backing-off' });
    }
  });

  it("the host name to verify in a server's certificate can be set with `tls.servername`", async () => {
    await using server = await serveMap(await authority.sign({ host: 'elsewhere.example.com' }));
    const tls = { ca: authority.cert, servername: 'elsewhere.example.com' };
    for (const offload of ['never', 'always'] as const) {
      await using held = mapUnderTest(server.url, { tls, offload, timeoutMs: 3_000 });
      await held.manager.sync();
      expect(held.manager.listConnectors()).toHaveLength(2);
    }
  });
});

describe('invalid TLS options', () => {
  it.each<[string, (client: KeyPair) => ConnectorProxyManagerOptions['tls']]>([
    ['a certificate without its key', ({ cert }) => ({ cert })],
    ['a key without its certificate', ({ key }) => ({ key })],
    ['a key of another certificate', ({ cert }) => ({ cert, key: leaf.key })],
    ['a malformed certificate', ({ key }) => ({ cert: 'nonsense', key })],
    ['a malformed key', ({ cert }) => ({ cert, key: 'nonsense' })],
    ['a malformed authority', () => ({ ca: [authority.cert, 'nonsense'] })],
  ])('invalid TLS options are rejected at construction: %s', async (_, make) => {
    const tls = make(await authority.sign({ host: 'client' }));
    expect(() => new ConnectorProxyManager({ serviceMapUrl: 'https://map.invalid/', signatureKey: KEY, tls })).toThrow(
      expect.objectContaining({
        code: 'OPTIONS_INVALID',
        detail: { option: 'tls' },
        message: expect.not.stringContaining('nonsense'),
      }),
    );
  });
});

describe('ten connectors of one https origin, four at a time', () => {
  it.each<[string, string, () => RequestListener]>([
    ['modern', 'modern', mcpListener],
    ['legacy, without a standing stream', 'legacy', () => sessionListener({ hasStandingStream: false })],
    ['legacy, with a standing stream', 'legacy', () => sessionListener({ hasStandingStream: true })],
  ])(
    'ten connectors of one https origin (%s) need at most four TLS handshakes, and no more for later requests',
    async (_, era, listener) => {
      await using mcp = await TlsServer.start(leaf, listener());
      const connectors = Array.from({ length: 10 }, (_none, index) => entry(`c${index}`, { endpoint: mcp.url }));
      await using managed = await manage(connectors, { tls: { ca: authority.cert }, maxConnectsPerOrigin: 4 });
      await managed.manager.sync();
      const states = managed.manager.status().connectors.map((connector) => `${connector.state} ${connector.era}`);
      expect(states).toEqual(Array(10).fill(`ready ${era}`));
      expect(mcp.handshakes).toBeGreaterThanOrEqual(1);
      expect(mcp.handshakes).toBeLessThanOrEqual(4);
      const before = mcp.handshakes;
      await managed.manager.sync(true);
      for (const { id } of connectors) await managed.manager.callTool(`${id}.echo`, { text: 'x' });
      expect(mcp.handshakes).toBe(before);
    },
  );
});
