import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ConnectorProxyManager } from '../../../src/main/index.ts';
import { secret } from '../../helpers/evidence.ts';
import { answer, FaultyServer } from '../../helpers/faulty-server.ts';
import { manage } from '../../helpers/manager.ts';
import { mapNow, mapUnderTest } from '../../helpers/map-under-test.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { ProxyServer } from '../../helpers/proxy-server.ts';
import { entry, KEY } from '../../helpers/signed-map.ts';
import { Authority, type KeyPair, mcpListener, TlsServer } from '../../helpers/tls-server.ts';

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
    "a map is fetched over http through a proxy, and the proxy's credentials appear in no log (offload: %s)",
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
    "a map is fetched over https through a proxy tunnel, and the map server's certificate is verified (offload: %s)",
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

  it('connectors use the configured proxy over http and https', async () => {
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
    'a map is fetched through the proxy that HTTP_PROXY names, unless NO_PROXY lists the map host (offload: %s)',
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

  it('a map is fetched without the proxy that HTTP_PROXY names if the option `proxy` is false', async () => {
    await using server = await FaultyServer.start(answer(mapNow()));
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1');
    await using held = mapUnderTest(server.url, { proxy: false, offload: 'always', timeoutMs: 3_000 });
    await held.manager.sync();
    expect(server.requests).toHaveLength(1);
  });

  it('a manager uses the proxy that the environment names for map and connectors, except for hosts in NO_PROXY', async () => {
    await using proxy = await ProxyServer.start();
    await using plain = await TestMcpServer.start(() => {});
    await using direct = await TestMcpServer.start(() => {});
    await using secure = await TlsServer.start(leaf, mcpListener());
    vi.stubEnv('HTTP_PROXY', proxy.url());
    vi.stubEnv('https_proxy', proxy.url());
    vi.stubEnv('NO_PROXY', `127.0.0.1:${new URL(direct.url).port}`);
    const entries = Object.entries({ plain, direct, secure }).map(([id, { url }]) => entry(id, { endpoint: url }));
    await using managed = await manage(entries, { tls: { ca: authority.cert } });
    await managed.manager.sync();
    await managed.publish(entries);
    const { connectors, loads } = managed.manager.status();
    expect(connectors.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
    expect(loads.map(({ thread }) => thread.replace(/\d+/, 'N'))).toEqual(['main', 'worker-N']);
    expect(proxy.asked.filter((line) => line === `GET ${managed.server.url}`)).toHaveLength(2);
    expect(proxy.asked).toEqual(expect.arrayContaining([`POST ${plain.url}`, `CONNECT 127.0.0.1:${secure.port}`]));
    expect(proxy.asked.filter((line) => line.includes(new URL(direct.url).port))).toEqual([]);
  });

  it('connectors ignore the proxy that HTTP_PROXY names if the option `proxy` is false', async () => {
    await using proxy = await ProxyServer.start();
    await using mcp = await TestMcpServer.start(() => {});
    vi.stubEnv('HTTP_PROXY', proxy.url());
    await using managed = await manage([entry('one', { endpoint: mcp.url })], { proxy: false });
    await managed.manager.sync();
    await managed.manager.sync(true);
    expect([managed.manager.status().connectors[0]?.state, proxy.asked]).toEqual(['ready', []]);
  });

  it('a proxy can itself be reached over https, and its certificate is verified with the configured authorities', async () => {
    await using proxy = await ProxyServer.start({ tls: leaf });
    await using plain = await FaultyServer.start(answer(mapNow()));
    await using secure = await TlsServer.start(leaf, (_, response) => response.end(mapNow()));
    for (const offload of ['never', 'always'] as const) {
      for (const url of [plain.url, secure.url]) {
        const tls = { ca: authority.cert };
        await using held = mapUnderTest(url, { proxy: proxy.url(), tls, offload, timeoutMs: 3_000 });
        await held.manager.sync();
        expect(held.manager.listConnectors()).toHaveLength(2);
      }
      await using distrustful = mapUnderTest(plain.url, { proxy: proxy.url(), offload, timeoutMs: 3_000 });
      await expect(distrustful.manager.sync()).rejects.toMatchObject({ code: 'MAP_TLS' });
    }
    expect(proxy.asked).toHaveLength(4);
  });

  it.each([
    [407, 'http', 'never'],
    [407, 'http', 'always'],
    [407, 'https', 'never'],
    [407, 'https', 'always'],
    [502, 'https', 'never'],
    [502, 'https', 'always'],
  ] as const)(
    'a proxy that answers with status %d makes the load of a map fail with MAP_PROXY (%s, offload: %s)',
    async (status, scheme, offload) => {
      await using proxy = await ProxyServer.start();
      proxy.refusal = status;
      const options = { proxy: proxy.url(), offload, timeoutMs: 3_000 };
      await using held = mapUnderTest(`${scheme}://127.0.0.1:9443/map`, options);
      await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_PROXY' });
    },
  );

  it.each([
    ['http', 'never'],
    ['https', 'always'],
  ] as const)(
    'a proxy that is down makes the load of a map fail with MAP_UNREACHABLE (%s, offload: %s)',
    async (scheme, offload) => {
      const proxy = await ProxyServer.start();
      const url = proxy.url(`user:${secret('proxy')}@`);
      await proxy[Symbol.asyncDispose]();
      await using held = mapUnderTest(`${scheme}://127.0.0.1:9443/map`, { proxy: url, offload, timeoutMs: 3_000 });
      await expect(held.manager.sync()).rejects.toMatchObject({ code: 'MAP_UNREACHABLE' });
    },
  );

  it('a proxy with an invalid URL is rejected at construction, and the error does not quote the URL', () => {
    const options = { serviceMapUrl: 'http://map.invalid/', signatureKey: KEY };
    const refused = expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.not.stringContaining('user') });
    for (const proxy of [`ftp://user:${secret('proxy')}@host`, `http://user:${secret('proxy')}@host:99999`])
      expect(() => new ConnectorProxyManager({ ...options, proxy })).toThrow(refused);
    vi.stubEnv('HTTPS_PROXY', `http://user:${secret('proxy')}@`);
    expect(() => new ConnectorProxyManager(options)).toThrow(refused);
  });
});

describe('a proxy that requires credentials', () => {
  const credentials = `user:${secret('proxy')}`;
  /** The credentials as they are sent, in base64. The search for secrets in the test output does not find this form. */
  const encoded = Buffer.from(credentials).toString('base64');

  it.each(['never', 'always'] as const)(
    'a proxy gets the credentials from its URL, and no other server gets these credentials (offload: %s)',
    async (offload) => {
      await using proxy = await ProxyServer.start({ credentials });
      await using plain = await TestMcpServer.start(() => {});
      await using secure = await TlsServer.start(leaf, mcpListener());
      const entries = [entry('plain', { endpoint: plain.url }), entry('secure', { endpoint: secure.url })];
      const options = { proxy: proxy.url(`${credentials}@`), tls: { ca: authority.cert }, offload };
      await using managed = await manage(entries, options);
      await managed.manager.sync();
      const { connectors } = managed.manager.status();
      expect(connectors.map(({ state }) => state)).toEqual(['ready', 'ready']);
      expect(new Set(proxy.authorizations)).toEqual(new Set([`Basic ${encoded}`]));
      const onward = [...managed.server.requests, ...plain.requests, ...secure.requests];
      expect(onward.filter(({ headers }) => 'proxy-authorization' in headers)).toEqual([]);
      const told = inspect([managed.lines, managed.manager.status()], { depth: 12 });
      expect([told.includes(encoded), told.includes(credentials)]).toEqual([false, false]);
    },
  );

  it.each(['never', 'always'] as const)(
    'credentials that a proxy rejects appear in no log, error or status (offload: %s)',
    async (offload) => {
      await using proxy = await ProxyServer.start({ credentials: 'user:other' });
      await using mcp = await TestMcpServer.start(() => {});
      // Retries are delayed as long as possible. Otherwise the test might see a failed connector during its next
      // attempt.
      const random = { next: () => 1 };
      const options = { proxy: proxy.url(`${credentials}@`), offload, timeoutMs: 3_000, random };
      const errors: unknown[] = [];
      for (const scheme of ['http', 'https']) {
        await using held = mapUnderTest(`${scheme}://127.0.0.1:9443/map`, options);
        errors.push(await held.manager.sync().catch((error: unknown) => error), held.lines, held.manager.status());
      }
      const fetchImpl = (async () => new Response(mapNow([entry('one', { endpoint: mcp.url })]))) as typeof fetch;
      await using held = mapUnderTest('http://map.invalid/', { ...options, fetchImpl });
      await held.manager.sync();
      expect(held.manager.status().connectors[0]).toMatchObject({
        state: 'backing-off',
        lastError: { code: 'CONNECTOR_CONNECT_FAILED' },
      });
      expect([errors[0], errors[3]]).toMatchObject([{ code: 'MAP_PROXY' }, { code: 'MAP_PROXY' }]);
      const told = inspect([errors, held.lines, held.manager.status()], { depth: 12, showHidden: true });
      expect([told.includes(encoded), told.includes(credentials)]).toEqual([false, false]);
      expect([proxy.authorizations[0], mcp.requests]).toEqual([`Basic ${encoded}`, []]);
    },
  );
});
