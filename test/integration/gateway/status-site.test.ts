import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallLatencies } from '../../../src/main/gateway/call-latencies.ts';
import { createStatusSite, type StatusSite } from '../../../src/main/gateway/status-page/status-site.ts';
import { eventually } from '../../helpers/eventually.ts';
import { listed, scriptedManager, statusWith } from '../../helpers/scripted-status.ts';

/** Serves the status site with a plain HTTP server. */
async function serve(connectors = [listed('a'), listed('b')], maxStreams = 32) {
  const manager = scriptedManager(statusWith(connectors));
  const latencies = new CallLatencies();
  const site: StatusSite = createStatusSite({ manager, latencies, maxStreams });
  const server = createServer((request, response) => {
    const pathname = (request.url ?? '').split('?', 1)[0] ?? '';
    if (!site.handle(request, response, pathname)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    manager,
    latencies,
    site,
    port,
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      site.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

let scene: Awaited<ReturnType<typeof serve>>;
beforeEach(async () => {
  scene = await serve();
});
afterEach(() => scene[Symbol.asyncDispose]());

/** Opens the event stream like a page, and records the updates that it receives. */
async function listen(search = '', headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const response = await fetch(`${scene.url}/status/events${search}`, { signal: leaving.signal, headers });
  const updates: { parts: object; rows: object; order: string[] | null; events: string[]; id: string }[] = [];
  const page = { response, updates, isOver: false, leave: () => leaving.abort() };
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) {
        const [, id = '', data] = /^id: (\d+)\ndata: (.*)$/.exec(message) ?? [];
        if (data !== undefined) updates.push({ ...JSON.parse(data), id });
      }
    }
  };
  read()
    .catch(() => {})
    .finally(() => {
      page.isOver = true;
    });
  return page;
}

function fail(id: string): void {
  const { connectors } = scene.manager.current;
  scene.manager.current = statusWith(connectors.map((it) => (it.id === id ? listed(id, 'failed') : it)));
  scene.manager.hub.emit('connector', { connectorId: id, from: 'ready', to: 'failed', why: 'no', at: Date.now() });
}

describe('the status site', () => {
  it('the headers of the status page forbid framing, caching, content sniffing and foreign scripts', async () => {
    const [first, second] = await Promise.all([fetch(`${scene.url}/`), fetch(`${scene.url}/?q=a`)]);
    const policy = first.headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1];
    expect(policy).toBe(
      `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    );
    expect(Buffer.from(nonce ?? '', 'base64')).toHaveLength(16);
    expect(second.headers.get('content-security-policy')).not.toBe(policy);
    expect(await first.text()).toContain(`<script nonce="${nonce}">`);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it('the status site also serves the data of the status page as JSON', async () => {
    const response = await fetch(`${scene.url}/status.json?q=connector+b`);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(await response.json()).toMatchObject({
      system: { verdict: { headline: 'All clear' }, connectorCount: 2 },
      connectors: { rows: [{ id: 'b', endpoint: 'https://b.example.com/mcp' }], matchingCount: 1 },
      events: [],
    });
  });

  it('the status site answers HEAD without a body, rejects other methods with 405 and unknown paths with 404', async () => {
    for (const path of ['/', '/status.json', '/status/events']) {
      const head = await fetch(scene.url + path, { method: 'HEAD' });
      expect([head.status, await head.text()]).toEqual([200, '']);
      const posted = await fetch(scene.url + path, { method: 'POST', body: 'x' });
      expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    for (const path of ['/mcp', '/status', '/constructor', '/__proto__'])
      expect((await fetch(scene.url + path)).status).toBe(404);
  });

  it('the status site serves the page even if the query of the URL is malformed', async () => {
    const socket = connect(scene.port, '127.0.0.1').end('GET /?q=%E0%A4%A&page=%00&state[]=x&&& HTTP/1.0\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('the event streams of the status site', () => {
  it('the status site sends an open page about one update per second, however many events occur', async () => {
    const page = await listen();
    expect(page.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    await eventually('it has received everything', () => page.updates.length === 1);
    expect(Object.keys(page.updates[0]?.rows ?? {})).toEqual(['a', 'b']);
    const beganMs = performance.now();
    let made = 0;
    while (performance.now() - beganMs < 2_500) {
      fail(made % 2 === 0 ? 'a' : 'b');
      made += 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await eventually('it is told all of it', () => page.updates.at(-1)?.id === String(made));
    expect(page.updates.length).toBeLessThanOrEqual(5);
    expect(page.updates[1]).toMatchObject({ rows: { a: expect.stringContaining('Failed') } });
    expect(page.updates.flatMap(({ events }) => events).length).toBeLessThanOrEqual(made);
  });

  it('when a status page connects or reconnects, its event stream sends no event that the page already has', async () => {
    fail('a');
    const stamp = /data-stamp="([^"]+)"/.exec(await (await fetch(scene.url)).text())?.[1];
    const fresh = await listen(`?stamp=${stamp}&seq=1`);
    scene.latencies.record('b', 3, true);
    await eventually('it is told of a call', () => fresh.updates.length === 1);
    expect(Object.keys(fresh.updates[0]?.rows ?? {})).toEqual(['b']);
    expect(fresh.updates[0]).toMatchObject({ order: null, events: [] });
    const back = await listen('?seq=0', { 'last-event-id': '1' });
    await eventually('it is told what is so', () => back.updates.length === 1);
    expect(back.updates[0]).toMatchObject({ events: [], order: ['a', 'b'] });
    const fromAnotherLife = await listen('?seq=999');
    await eventually('it is told all', () => fromAnotherLife.updates.length === 1);
    expect(fromAnotherLife.updates[0]?.events).toHaveLength(1);
  });

  it('after a call, the event stream of the status page sends only the row of the called connector', async () => {
    const page = await listen();
    await eventually('it has received everything', () => page.updates.length === 1);
    scene.latencies.record('b', 12, true);
    await eventually('it is told of the call', () => page.updates.length >= 2);
    expect(page.updates[1]).toMatchObject({ rows: { b: expect.stringContaining('</abbr> 12 ms') }, order: null });
    expect(Object.keys(page.updates[1]?.rows ?? {})).toEqual(['b']);
  });

  it('the number of event streams of the status page is limited, and a closed stream makes room for another', async () => {
    await scene[Symbol.asyncDispose]();
    scene = await serve([listed('a')], 2);
    const pages = [await listen(), await listen()];
    const refused = await fetch(`${scene.url}/status/events`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '15']);
    pages[0]?.leave();
    await eventually('there is room', async () => {
      const again = await listen();
      again.leave();
      return again.response.status === 200;
    });
  });

  it('the event streams of the status page end when the site closes, and new streams are rejected with 503', async () => {
    const page = await listen();
    scene.site.close();
    scene.site.close();
    await eventually('it is over', () => page.isOver);
    expect((await fetch(`${scene.url}/status/events`)).status).toBe(503);
  });

  it('the status site does not read the status of connectors while no page is open', async () => {
    const page = await listen();
    await eventually('it has received everything', () => page.updates.length === 1);
    page.leave();
    await eventually('it is gone', () => page.isOver);
    const { readings } = scene.manager;
    for (let index = 0; index < 20; index += 1) fail('a');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(scene.manager.readings).toBe(readings);
  });
});
