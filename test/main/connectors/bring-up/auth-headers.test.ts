import { describe, expect, it } from 'vitest';
import { connectorHeaders } from '../../../../src/main/connectors/bring-up/auth-headers.ts';
import { normalized } from '../../../helpers/connector-under-test.ts';
import type { Json } from '../../../helpers/signed-map.ts';

describe('connectorHeaders', () => {
  it.each<[string, Json | undefined, Json]>([
    ['nothing without auth', undefined, {}],
    ['nothing for none', { type: 'none' }, {}],
    ['a bearer token', { type: 'bearer' }, { Authorization: 'Bearer K' }],
    ['the raw key in its header', { type: 'apiKey', headerName: 'x-api-key' }, { 'x-api-key': 'K' }],
    ['a bearer token for a key without a header', { type: 'apiKey' }, { Authorization: 'Bearer K' }],
    [
      'a bearer token for a key in Authorization',
      { type: 'apiKey', headerName: 'authorization' },
      { Authorization: 'Bearer K' },
    ],
  ])('sends %s', (_, auth, expected) => {
    expect(connectorHeaders(normalized({ auth }), 'K')).toEqual(expected);
  });

  it("keeps the entry's own headers, but for the one that holds the key", () => {
    const own = normalized({ auth: { type: 'bearer' }, headers: { authorization: 'old', 'x-tenant': 't' } });
    expect(connectorHeaders(own, 'K')).toEqual({ 'x-tenant': 't', Authorization: 'Bearer K' });
  });

  it('fails where a key is asked for and there is none', () => {
    expect(() => connectorHeaders(normalized({ auth: { type: 'bearer' } }), null)).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_AUTH_MISSING' }),
    );
  });
});
