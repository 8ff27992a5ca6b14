import { describe, expect, it } from 'vitest';
import { listConnectors } from '../../../../../src/main/gateway/status-page/model/connector-list.ts';
import { listAddress, parseListQuery } from '../../../../../src/main/gateway/status-page/model/list-query.ts';
import { STATE_ORDER } from '../../../../../src/main/gateway/status-page/model/state-words.ts';
import { renderRow } from '../../../../../src/main/gateway/status-page/view/render-connectors.ts';
import type { ListedConnector } from '../../../../../src/main/index.ts';
import { listed } from '../../../../helpers/scripted-status.ts';

const FACTS = { endpointOf: () => null, latencyOf: () => null };

function list(connectors: readonly ListedConnector[], search = '', pageRows = 200) {
  return listConnectors(connectors, parseListQuery(new URLSearchParams(search)), pageRows, FACTS);
}

const ids = (result: ReturnType<typeof list>): readonly string[] => result.rows.map(({ id }) => id);

describe('connector list', () => {
  it('the status page lists connectors with problems first, and otherwise keeps the order of the map', () => {
    const connectors = [
      listed('r1'),
      listed('off', 'disabled'),
      listed('b', 'backing-off'),
      listed('r2'),
      listed('f', 'failed'),
      listed('d', 'degraded'),
      listed('l', 'needs-login'),
      listed('c', 'connecting'),
    ];
    expect(ids(list(connectors))).toEqual(['f', 'b', 'l', 'd', 'c', 'r1', 'r2', 'off']);
    expect(new Set(STATE_ORDER).size).toBe(8);
  });

  it('the connector list of the status page is divided into pages, and shows the total number of connectors', () => {
    const connectors = Array.from({ length: 10_000 }, (_, index) => listed(`c${index}`));
    const first = list(connectors);
    expect([first.rows.length, first.matchingCount, first.totalCount, first.pageCount]).toEqual([
      200, 10_000, 10_000, 50,
    ]);
    expect(ids(list(connectors, 'page=50')).at(-1)).toBe('c9999');
    expect(list(connectors, 'page=51').query.page).toBe(50);
  });

  it('the connector list of the status page reads details only for the connectors on the page', () => {
    const connectors = Array.from({ length: 1_000 }, (_, index) => listed(`c${index}`));
    const looked: string[] = [];
    const endpointOf = (id: string): null => {
      looked.push(id);
      return null;
    };
    const query = parseListQuery(new URLSearchParams());
    listConnectors(connectors, query, 10, { endpointOf, latencyOf: () => null });
    expect(looked).toHaveLength(10);
  });

  it('the search on the status page finds ids, names, state labels, transports and error codes, ignoring case', () => {
    const refused = listed('crew', 'failed', { lastError: { code: 'CONNECTOR_REFUSED', message: 'no' } });
    const connectors = [refused, listed('mail', 'ready', { name: 'Post Office' }), listed('old', 'backing-off')];
    const found = (text: string) => ids(list(connectors, new URLSearchParams({ q: text }).toString()));
    expect(found('CREW')).toEqual(['crew']);
    expect(found('post off')).toEqual(['mail']);
    expect(found('backing off')).toEqual(['old']);
    expect(found('connector_refused')).toEqual(['crew']);
    expect(found('streamable')).toEqual(['mail']);
    expect(found('nothing like it')).toEqual([]);
  });

  it('the connector list of the status page can be filtered by state', () => {
    const connectors = [listed('a'), listed('b', 'failed')];
    expect(ids(list(connectors, 'state=failed'))).toEqual(['b']);
    expect(ids(list(connectors, 'state=constructor'))).toEqual(['b', 'a']);
  });

  it('the connector list of the status page counts callable tools, including stored ones', () => {
    const connectors = [listed('a', 'connecting', { tools: { listedAt: 1, isStale: true, count: 9 } })];
    expect(list(connectors).rows[0]).toMatchObject({ toolCount: 9, areToolsStale: true });
  });
});

describe('last error of a stdio server', () => {
  it('the last error of a stdio server includes the line that says why the server ended, with secrets masked', () => {
    const message = 'Connector process "node" exited with code 1: API_TOKEN=hunter2-hunter2 is not valid';
    const lastError = { code: 'CONNECTOR_EXITED', message };
    const [row] = list([listed('weather', 'backing-off', { lastError })]).rows;
    expect(row?.lastError?.code).toBe('CONNECTOR_EXITED');
    expect(row?.lastError?.message).toMatch(/exited with code 1: API_TOKEN=.* is not valid$/);
    expect(row?.lastError?.message).not.toContain('hunter2');
    if (row !== undefined) expect(String(renderRow(row, 0))).toContain('is not valid');
  });
});

describe('status page query', () => {
  it('the search, the filter and the page number of the status page can be restored from its URL', () => {
    const query = parseListQuery(new URLSearchParams({ q: ' a&b="<> ', state: 'failed', page: '3' }));
    expect(query).toEqual({ text: 'a&b="<>', state: 'failed', page: 3 });
    const address = listAddress(query);
    expect(parseListQuery(new URL(address, 'http://x').searchParams)).toEqual(query);
    expect(listAddress({ text: '', state: null, page: 1 })).toBe('/');
  });

  it.each(['0', '-1', '1.5', 'x', '1e99', ''])(
    'the status page treats the invalid page number %j as page 1',
    (page) => {
      expect(parseListQuery(new URLSearchParams({ page })).page).toBe(1);
    },
  );

  it('the status page uses at most 100 characters of a search text', () => {
    expect(parseListQuery(new URLSearchParams({ q: 'x'.repeat(10_000) })).text).toHaveLength(100);
  });
});
