import { describe, expect, it } from 'vitest';
import { asClientMessage, parseClientJson } from '../../../../src/main/gateway/messages/client-message.ts';

describe('asClientMessage', () => {
  it('asClientMessage() treats a parameter that is null as absent, but keeps nulls within a parameter', () => {
    const params = { cursor: null, name: 'x', arguments: { deep: null }, _meta: null };
    expect(asClientMessage({ jsonrpc: '2.0', id: 0, method: 'tools/call', params })).toEqual({
      ...{ kind: 'request', id: 0, method: 'tools/call' },
      params: { name: 'x', arguments: { deep: null } },
    });
  });

  it.each([undefined, null, [], 'x'])('asClientMessage() treats the parameters %j as absent', (params) => {
    const message = { jsonrpc: '2.0', method: 'notifications/initialized', params };
    expect(asClientMessage(message)).toEqual({ kind: 'notification', method: message.method, params: {} });
  });

  it.each([0, -1, 1.5, '', 'ü', 2 ** 53])('asClientMessage() accepts the id %j unchanged', (id) => {
    expect(asClientMessage({ jsonrpc: '2.0', id, method: 'ping' })).toMatchObject({ kind: 'request', id });
  });
});

describe('parseClientJson', () => {
  it('parseClientJson() ignores a byte order mark at the start, but rejects a second one', () => {
    expect(parseClientJson('\ufeff{"a":1}')).toEqual({ a: 1 });
    expect(() => parseClientJson('\ufeff\ufeff{}')).toThrow(SyntaxError);
  });
});
