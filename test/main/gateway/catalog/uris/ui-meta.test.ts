import { describe, expect, it } from 'vitest';
import { exposeUiLinks, uiUrisOf } from '../../../../../src/main/gateway/catalog/uris/ui-meta.ts';

const expose = (uri: string): string => `x+${uri}`;

describe('exposeUiLinks', () => {
  it('exposeUiLinks() rewrites the ui:// URIs in `_meta`, and changes nothing else', () => {
    const item = {
      name: 't',
      _meta: {
        own: 1,
        ui: { resourceUri: 'ui://a', visibility: ['app'] },
        'ui/resourceUri': 'ui://a',
        'openai/outputTemplate': 'ui://b',
      },
    };
    expect(exposeUiLinks(item, expose)).toEqual({
      name: 't',
      _meta: {
        own: 1,
        ui: { resourceUri: 'x+ui://a', visibility: ['app'] },
        'ui/resourceUri': 'x+ui://a',
        'openai/outputTemplate': 'x+ui://b',
      },
    });
    expect(item._meta.ui.resourceUri).toBe('ui://a');
  });

  it.each([
    {},
    { _meta: null },
    { _meta: [] },
    { _meta: { ui: null } },
    { _meta: { ui: { resourceUri: 7, csp: {} }, 'ui/resourceUri': null } },
  ])('exposeUiLinks() returns %j unchanged, because it contains no ui:// URI', (item) => {
    expect(exposeUiLinks(item, expose)).toBe(item);
  });

  it('exposeUiLinks() returns the same object if no URI changes', () => {
    const item = { _meta: { ui: { resourceUri: 'ui://a' } } };
    expect(exposeUiLinks(item, (uri) => uri)).toBe(item);
  });
});

describe('uiUrisOf', () => {
  it('uiUrisOf() returns the ui:// URIs in the `_meta` of a tool, and no other URIs', () => {
    const meta = { ui: { resourceUri: 'ui://a' }, 'ui/resourceUri': 'file:///etc/passwd', 'openai/outputTemplate': 7 };
    expect(uiUrisOf({ _meta: meta })).toEqual(['ui://a']);
    expect(uiUrisOf({})).toEqual([]);
  });
});
