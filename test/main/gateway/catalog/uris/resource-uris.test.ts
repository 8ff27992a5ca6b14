import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exposeUri, resolveUri } from '../../../../../src/main/gateway/catalog/uris/resource-uris.ts';

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);

describe('exposeUri and resolveUri', () => {
  it('resolveUri() finds the connector and the original URI of any exposed URI', () => {
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
    'resolveUri() returns null for %j, because no exposed URI has this form',
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
  ])('exposeUri() turns the connector %s and the URI %s into %s', (connectorId, uri, exposed) => {
    expect(exposeUri(connectorId, uri)).toBe(exposed);
    expect(resolveUri(exposed)).toEqual({ connectorId, uri });
  });

  const anyId = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  const anyUri = fc.string({ unit: 'grapheme', maxLength: 60 });

  it('exposeUri() keeps the scheme of ui:// URIs and puts the connector into the authority, for any id and path', () => {
    const rest = fc.oneof(
      anyUri,
      fc.webUrl().map((url) => url.slice('http://'.length)),
    );
    fc.assert(
      fc.property(anyId, fc.constantFrom('ui://', 'UI://', 'Ui://'), rest, (connectorId, scheme, after) => {
        const uri = scheme + after;
        const exposed = exposeUri(connectorId, uri);
        expect(exposed.startsWith(scheme)).toBe(true);
        expect(resolveUri(exposed)).toEqual({ connectorId, uri });
      }),
    );
  });

  it('exposeUri() never returns the same URI for two different connectors or resources', () => {
    fc.assert(
      fc.property(anyId, anyId, anyUri, anyUri, (one, other, a, b) => {
        fc.pre(one !== other || a !== b);
        for (const scheme of ['', 'ui://']) expect(exposeUri(one, scheme + a)).not.toBe(exposeUri(other, scheme + b));
      }),
    );
  });

  it.each([
    ['app', 'ui://weather/view.html', 'ui://app+weather/view.html'],
    ['app', 'ui://weather:8080/View%20A?x=1#y', 'ui://app+weather:8080/View%20A?x=1#y'],
    ['app', 'ui:///view.html', 'ui://app+/view.html'],
    ['app', 'ui://a+b/c', 'ui://app+a+b/c'],
    ['My.App_1', 'ui://Weather/{+path}', 'ui://z.4dy.2e.41pp.5f1+Weather/{+path}'],
    ['ui', 'demo://x', 'ui+demo://x'],
    ['ui', 'ui:opaque', 'ui+ui:opaque'],
  ])('exposeUri() turns the connector %s and the ui:// URI %s into %s', (connectorId, uri, exposed) => {
    expect(exposeUri(connectorId, uri)).toBe(exposed);
    expect(resolveUri(exposed)).toEqual({ connectorId, uri });
    expect(URL.canParse(exposed.replace(/\{.*/, ''))).toBe(true);
  });

  it.each(['ui://weather/view.html', 'ui://+x', 'ui://A+x', 'ui://', 'ui://a%20b+x', 'ui:a+b'])(
    'resolveUri() returns null for %j, because the URI names no connector',
    (uri) => {
      expect(resolveUri(uri)).toBeNull();
    },
  );
});

it('resolveUri() rejects a ui:// URI whose connector is in front of the scheme instead of in the authority', () => {
  expect(resolveUri('weather+ui://view.html')).toBeNull();
  expect(resolveUri(exposeUri('weather', 'ui://view.html'))).toEqual({ connectorId: 'weather', uri: 'ui://view.html' });
});
