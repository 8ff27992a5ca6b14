import { describe, expect, it } from 'vitest';
import { CallLatencies } from '../../../../../src/main/gateway/call-latencies.ts';
import { EventLog } from '../../../../../src/main/gateway/status-page/model/event-log.ts';
import { parseListQuery } from '../../../../../src/main/gateway/status-page/model/list-query.ts';
import { StatusReader } from '../../../../../src/main/gateway/status-page/model/status-reader.ts';
import { PageState } from '../../../../../src/main/gateway/status-page/page-update.ts';
import { renderPage } from '../../../../../src/main/gateway/status-page/view/render-page.ts';
import type { ManagerStatus } from '../../../../../src/main/index.ts';
import { secret } from '../../../../helpers/evidence.ts';
import { listed, scriptedManager, statusWith } from '../../../../helpers/scripted-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';

const ALL = parseListQuery(new URLSearchParams());
const IMG = '<img src=x onerror=alert(1)>';

function setUp(status: ManagerStatus, endpointOf?: (id: string) => string) {
  const manager = scriptedManager(status, endpointOf);
  const clock = { nowMs: NOW, now: () => clock.nowMs };
  const latencies = new CallLatencies();
  const events = new EventLog(manager, clock, 100);
  const loopDelay = { read: () => ({ p50Ms: 0.1, p99Ms: 2, maxMs: 3 }), close() {} };
  const about = { name: 'gateway', version: '1.2.3', pageRows: 200 };
  return {
    manager,
    clock,
    latencies,
    reader: new StatusReader({ manager, clock, latencies, events, loopDelay, ...about }),
  };
}

const page = (reader: StatusReader, query = ALL): string => renderPage(reader.read(query), 'bm9uY2U=');

describe('status reading', () => {
  it('viewers of the status page share one reading of the status until an event happens, or for five seconds', () => {
    const { manager, clock, reader } = setUp(statusWith([]));
    for (let view = 0; view < 10; view += 1) reader.read(ALL);
    clock.nowMs += 4_999;
    reader.read(ALL);
    expect(manager.readings).toBe(1);
    manager.hub.emit('snapshot', { sourceId: 'default', revision: 1, added: [], changed: [], removed: [] });
    reader.read(ALL);
    expect(manager.readings).toBe(2);
    clock.nowMs += 5_000;
    reader.read(ALL);
    expect(manager.readings).toBe(3);
  });

  it('renew() makes the status page read the status again only if an event has happened', () => {
    const { manager, reader } = setUp(statusWith([]));
    reader.read(ALL);
    reader.renew();
    reader.read(ALL);
    expect(manager.readings).toBe(1);
    manager.hub.emit('snapshot', { sourceId: 'default', revision: 1, added: [], changed: [], removed: [] });
    reader.read(ALL);
    expect(manager.readings).toBe(1);
    reader.renew();
    reader.read(ALL);
    expect(manager.readings).toBe(2);
  });
});

describe('status page', () => {
  it('the status page shows only 200 of 10 000 connectors at once', () => {
    const { reader } = setUp(statusWith(Array.from({ length: 10_000 }, (_, index) => listed(`c${index}`))));
    const all = page(reader);
    expect(all.match(/<tr role="row" data-row=/g)).toHaveLength(200);
    expect(all).toContain('200 are shown here, connectors with problems first. 9800 more are on other pages.');
    expect(all).toContain('<a href="/?page=2">Next</a>');
    expect(Buffer.byteLength(all)).toBeLessThan(400_000);
    const found = page(reader, parseListQuery(new URLSearchParams({ q: 'c999' })));
    expect(found).toContain('11 of 10000 connectors match.');
  });

  it('the status page escapes all text from connectors, maps and files, and the text of a search', () => {
    const failing = { code: IMG, message: IMG };
    const status = statusWith(
      [
        listed('a', 'failed', { name: IMG, why: IMG, lastError: failing, era: IMG, transport: IMG }),
        listed(IMG, 'ready', { name: `"'${IMG}` }),
      ],
      { config: { path: IMG, files: [], servers: [], serverCount: 1, problems: [], lastError: failing, readAt: null } },
    );
    const serviceMaps = [{ ...status.serviceMap, brand: IMG, sourceId: IMG, lastError: { ...failing, at: NOW } }];
    const { manager, reader } = setUp({ ...status, serviceMaps });
    manager.hub.emit('connector', { connectorId: IMG, from: 'connecting', to: 'failed', why: IMG, at: NOW });
    const said = page(reader, parseListQuery(new URLSearchParams({ q: '"><script>alert(1)</script>' })));
    const all = page(reader);
    for (const text of [said, all]) {
      expect(text).not.toContain('<img');
      expect(text.match(/<script/g)).toHaveLength(1);
    }
    expect(all.match(/&lt;img src=x onerror=alert\(1\)&gt;/g)?.length).toBeGreaterThan(8);
  });

  it('neither the status page nor its data contains a secret', () => {
    const message = `POST https://u:${secret('login')}@x.example/mcp?key=${secret('query')} Authorization: Bearer ${secret('bearer')}`;
    const leaky = listed('a', 'failed', {
      why: message,
      lastError: { code: 'CONNECTOR_REFUSED', message },
      process: { pid: 1, stderr: secret('what a program wrote') },
    });
    const { reader, manager } = setUp(statusWith([leaky]), () => `https://x.example/mcp?token=${secret('endpoint')}`);
    manager.hub.emit('connector', { connectorId: 'a', from: 'connecting', to: 'failed', why: message, at: NOW });
    for (const text of [page(reader), JSON.stringify(reader.read(ALL))]) {
      expect(text).toContain('https://x.example/mcp');
      expect(text).not.toContain(secret(''));
    }
  });

  it('the status page shows maps, files, the store, latencies and the reasons for states', () => {
    const status = statusWith(
      [
        listed('a', 'degraded', {
          droppedDefinitions: [{ kind: 'prompt', name: 'greet', reason: 'arguments' }],
          droppedDefinitionCount: 2,
          tools: { listedAt: 1, isStale: true, count: 4 },
        }),
        listed('b', 'disabled', { why: 'disabled in the service map' }),
      ],
      {
        registry: {
          path: '/home/me/servers.json',
          serverCount: 2,
          problems: Array.from({ length: 7 }, (_, index) => ({
            code: 'SERVER_INVALID' as const,
            server: null,
            place: `servers[${index}]`,
            message: `problem ${index}`,
          })),
          lastError: { code: 'STORE_UNAVAILABLE', message: 'locked' },
          readAt: NOW - 1_000,
        },
        store: { kind: 'failed', stateDir: '/s', code: 'STORE_TOO_NEW', message: 'from the future' },
        changedTools: [
          {
            name: 'a.x',
            connectorId: 'a',
            members: [],
            pinnedSha256: '',
            sha256: '',
            pinnedAt: 1,
            isQuarantined: true,
          },
        ],
      },
    );
    const lastError = { code: 'MAP_TIMEOUT', message: 'too slow', at: NOW - 5_000 };
    const stale = { ...status.serviceMap, freshness: 'stale' as const, expiresAt: NOW - 180_000, lastError };
    const troubled = { ...stale, circuit: 'open' as const, pausedUntil: NOW + 30_000, heldRemovals: ['z'] };
    const { reader, latencies } = setUp({ ...status, serviceMaps: [troubled, { ...stale, brand: null }] });
    latencies.record('a', 12, false);
    const text = page(reader)
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ');
    for (const said of [
      'Expired 3 min ago',
      'Why stale MAP_TIMEOUT too slow 5 s ago',
      'paused for a minute',
      'next refresh in 30 s',
      'Held removals 1, until the next map confirms them',
      'problem 4 and 2 more',
      'STORE_UNAVAILABLE locked',
      'STORE_TOO_NEW from the future',
      '1 tool differs from its pin; 1 held back until approved',
      '4 from an earlier run 2 left out: prompt greet (its arguments are invalid), 1 more',
      'p50 12 ms · p95 12 ms 1 failed',
      'disabled in the service map',
    ])
      expect(text).toContain(said);
  });

  it('the status page says so if there are no service maps, no files and no connectors', () => {
    const { reader } = setUp(statusWith([], { serviceMaps: [] }));
    expect(page(reader)).toContain('No service map and no file is configured.');
    expect(page(reader)).toContain('There are no connectors yet.');
  });
});

describe('update of an open status page', () => {
  const many = Array.from({ length: 50 }, (_, index) => listed(`c${index}`));

  function open(connectors = many) {
    const scene = setUp(statusWith(connectors));
    const state = new PageState(0);
    const model = scene.reader.read(ALL);
    state.adopt(model, /data-stamp="([^"]+)"/.exec(renderPage(model, 'x'))?.[1] ?? '');
    const advance = () => {
      scene.reader.renew();
      return state.advance(scene.reader.read(ALL));
    };
    // The first update of a page contains its gauges.
    const first = advance();
    return { ...scene, state, advance, first };
  }

  it('an update of an open status page contains only gauges if the page already shows everything else', () => {
    expect(Object.keys(open().first?.parts ?? {})).toEqual(['process']);
    expect([open().first?.rows, open().first?.order, open().first?.events]).toEqual([{}, null, []]);
  });

  it('an update of an open status page contains all rows if the page was created from another version', () => {
    const { reader } = setUp(statusWith(many));
    const state = new PageState(0);
    state.adopt(reader.read(ALL), 'another');
    const update = state.advance(reader.read(ALL));
    expect(Object.keys(update?.rows ?? {})).toHaveLength(50);
    expect(update?.order).toHaveLength(50);
  });

  it('an update of an open status page contains the changed row, its position, the event and the announcement', () => {
    const { manager, advance } = open();
    manager.current = statusWith(many.map((it) => (it.id === 'c7' ? listed('c7', 'failed') : it)));
    manager.hub.emit('connector', { connectorId: 'c7', from: 'ready', to: 'failed', why: 'no', at: NOW });
    const update = advance();
    expect(Object.keys(update?.rows ?? {})).toEqual(['c7']);
    expect(update?.order?.slice(0, 2)).toEqual(['c7', 'c0']);
    expect(Object.keys(update?.parts ?? {})).toEqual(expect.arrayContaining(['verdict', 'counts']));
    expect(update?.events).toHaveLength(1);
    expect(update?.announcement).toBe('c7: ready → failed');
  });

  it("an update of an open status page contains only the connector's row if a connector was called", () => {
    const { latencies, advance } = open();
    latencies.record('c3', 5, true);
    const update = advance();
    expect(Object.keys(update?.rows ?? {})).toEqual(['c3']);
    expect(update?.order).toBeNull();
  });

  it('an update of an open status page contains at most 100 events, however many the page has missed', () => {
    const { manager, state, advance } = open();
    for (let index = 0; index < 500; index += 1)
      manager.hub.emit('connector', { connectorId: 'c0', from: 'ready', to: 'ready', why: `${index}`, at: NOW });
    const update = advance();
    expect(update?.events).toHaveLength(100);
    expect(update?.announcement).toMatch(/^100 events, the latest: c0/);
    expect(state.seq).toBe(500);
  });
});
