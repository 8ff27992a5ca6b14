import { describe, expect, it } from 'vitest';
import { asClientMessage, parseClientJson } from '../../../../src/main/gateway/messages/client-message.ts';

describe('asClientMessage', () => {
  it('takes parameters that are null for absent, and leaves nulls inside of them alone', () => {
    const params = { cursor: null, name: 'x', arguments: { deep: null }, _meta: null };
    expect(asClientMessage({ jsonrpc: '2.0', id: 0, method: 'tools/call', params })).toEqual({
      ...{ kind: 'request', id: 0, method: 'tools/call' },
      params: { name: 'x', arguments: { deep: null } },
    });
  });

  it.each([undefined, null, [], 'x'])('takes the parameters %j for none', (params) => {
    const message = { jsonrpc: '2.0', method: 'notifications/initialized', params };
    expect(asClientMessage(message)).toEqual({ kind: 'notification', method: message.method, params: {} });
  });

  it.each([0, -1, 1.5, '', 'ü', 2 ** 53])('takes the id %j as it is', (id) => {
    expect(asClientMessage({ jsonrpc: '2.0', id, method: 'ping' })).toMatchObject({ kind: 'request', id });
  });
});

describe('parseClientJson', () => {
  it('ignores a byte order mark, once', () => {
    expect(parseClientJson('\ufeff{"a":1}')).toEqual({ a: 1 });
    expect(() => parseClientJson('\ufeff\ufeff{}')).toThrow(SyntaxError);
  });
});
