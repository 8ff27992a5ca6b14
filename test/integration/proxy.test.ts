import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { secret } from '../helpers/evidence.ts';
import { answer, FaultyServer } from '../helpers/faulty-server.ts';
import { manage } from '../helpers/manager.ts';
import { mapNow, mapUnderTest } from '../helpers/map-under-test.ts';
import { TestMcpServer } from '../helpers/mcp-server.ts';
import { ProxyServer } from '../helpers/proxy-server.ts';
import { entry } from '../helpers/signed-map.ts';
import { Authority, type KeyPair, mcpListener, TlsServer } from '../helpers/tls-server.ts';

let authority: Authority;
let leaf: KeyPair;
beforeAll(async () => {
  authority = await Authority.create();
  leaf = await authority.sign();
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('a proxy', () => {
  it.each(['never', 'always'] as const)(
    'carries a map over http, without its credentials in any log (offload %s)',
    async (offload) => {
      await using proxy = await ProxyServer.start();
      await using server = await FaultyServer.start(answer(mapNow()));
      const url = proxy.url(`user:${secret('proxy')}@`);
      await using held = mapUnderTest(server.url, { proxy: url, offload, timeoutMs: 3_000 });
      await held.manager.sync();
      expect(proxy.asked[0]).toContain(`GET ${server.url}`);
      const sent = Buffer.from(proxy.authorizations[0]?.replace('Basic ', '') ?? '', 'base64').toString();
      expect(sent).toBe(`user:${secret('proxy')}`);
      expect(server.requests).toHaveLength(1);
    },
  );

  it.each(['never', 'always'] as const)(
    'tunnels a map over https, whose certificate is proven through it (offload %s)',
    async (offload) => {
      await using proxy = await ProxyServer.start();
      await using server = await TlsServer.start(leaf, (_, response) => response.end(mapNow()));
      const tls = { ca: authority.cert };
      await using held = mapUnderTest(server.url, { proxy: { https: proxy.url() }, tls, offload, timeoutMs: 3_000 });
      await held.manager.sync();
      expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${server.port}`]);
      await using distrustful = mapUnderTest(server.url, { proxy: { https: proxy.url() }, offload, timeoutMs: 3_000 });
      await expect(distrustful.manager.sync()).rejects.toMatchObject({ code: 'MAP_TLS' });
    },
  );

  it('carries connectors too, over http and https', async () => {
    await using proxy = await ProxyServer.start();
    await using plain = await TestMcpServer.start(() => {});
    await using secure = await TlsServer.start(leaf, mcpListener());
    await using managed = await manage(
      [entry('plain', { endpoint: plain.url }), entry('secure', { endpoint: secure.url })],
      {
        proxy: proxy.url(),
        tls: { ca: authority.cert },
      },
    );
    await managed.manager.sync();
    expect(managed.manager.status().connectors.map(({ state }) => state)).toEqual(['ready', 'ready']);
    expect(proxy.asked).toContain(`POST ${plain.url}`);
    expect(proxy.asked).toContain(`CONNECT 127.0.0.1:${secure.port}`);
  });

  it.each(['never', 'always'] as const)(
    'of the environment is used, but for what NO_PROXY lists (offload %s)',
    async (offload) => {
      await using proxy = await ProxyServer.start();
      await using server = await FaultyServer.start(answer(mapNow()));
      vi.stubEnv('HTTP_PROXY', proxy.url());
      {
        await using held = mapUnderTest(server.url, { proxy: undefined, offload, timeoutMs: 3_000 });
        await held.manager.sync();
        expect([proxy.asked.length, server.requests.length]).toEqual([1, 1]);
      }
      vi.stubEnv('NO_PROXY', 'elsewhere,127.0.0.1');
      await using direct = mapUnderTest(server.url, { proxy: undefined, offload, timeoutMs: 3_000 });
      await direct.manager.sync();
      expect([proxy.asked.length, server.requests.length]).toEqual([1, 2]);
    },
  );

  it('of the environment is left alone where the option says false', async () => {
    await using server = await FaultyServer.start(answer(mapNow()));
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
    await using held = mapUnderTest(server.url, { proxy: false, offload: 'always', timeoutMs: 3_000 });
    await held.manager.sync();
    expect(server.requests).toHaveLength(1);
  });

  it.each([407, 502])('that answers %d is MAP_PROXY', async (status) => {
    await using proxy = await ProxyServer.start();
    proxy.refusal = status;
    await using secure = mapUnderTest('https://127.0.0.1:9443/map', { proxy: proxy.url(), timeoutMs: 3_000 });
    await expect(secure.manager.sync()).rejects.toMatchObject({ code: 'MAP_PROXY' });
    if (status === 407) {
      await using plain = mapUnderTest('http://127.0.0.1:9443/map', { proxy: proxy.url(), timeoutMs: 3_000 });
      await expect(plain.manager.sync()).rejects.toMatchObject({ code: 'MAP_PROXY' });
    }
  });

  it('that is down leaves the map unreachable', async () => {
    const proxy = await ProxyServer.start();
    const url = proxy.url(`user:${secret('proxy')}@`);
    await proxy[Symbol.asyncDispose]();
    await using held = mapUnderTest('http://127.0.0.1:9443/map', { proxy: url, timeoutMs: 3_000 });
    await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_UNREACHABLE' });
  });
});
