import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exposeUri, resolveUri } from '../../../../src/main/gateway/catalog/resource-uris.ts';

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);

describe('exposeUri and resolveUri', () => {
  it('lead from an exposed URI back to its connector and its own URI', () => {
    fc.assert(
      fc.property(id, fc.webUrl(), (connectorId, uri) => {
        const exposed = exposeUri(connectorId, uri);
        expect(resolveUri(exposed)).toEqual({ connectorId, uri });
        expect(exposed).toMatch(/^[a-z][a-z0-9.+-]*\+/);
        expect(URL.canParse(exposed)).toBe(true);
      }),
    );
  });

  it.each(['test://x', '+x', 'A+x', 'a.zz+x', 'a.6+x', 'z+x', 'a.61+x', ''])(
    'resolve %j to nothing, because no exposed URI looks like it',
    (uri) => {
      expect(resolveUri(uri)).toBeNull();
    },
  );

  it.each([
    ['everything', 'demo://x', 'everything+demo://x'],
    ['a_b', 'demo://x', 'a.5fb+demo://x'],
    ['Ab', 'demo://x', 'z.41b+demo://x'],
    ['zoo', 'demo://x', 'z.7aoo+demo://x'],
    ['1st', 'demo://{id}', 'z.31st+demo://{id}'],
  ])('writes %s and %s as %s', (connectorId, uri, exposed) => {
    expect(exposeUri(connectorId, uri)).toBe(exposed);
    expect(resolveUri(exposed)).toEqual({ connectorId, uri });
  });
});
