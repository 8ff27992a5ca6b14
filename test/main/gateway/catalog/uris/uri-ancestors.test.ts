import { describe, expect, it } from 'vitest';
import { withAncestors } from '../../../../../src/main/gateway/catalog/uris/uri-ancestors.ts';

describe('withAncestors', () => {
  it.each([
    ['demo://a', []],
    ['demo://a/', ['demo://a']],
    ['demo://a/b', ['demo://a/', 'demo://a']],
    ['file:///a/b', ['file:///a/', 'file:///a', 'file:///', 'file://']],
    ['x://a/b?q=1#f', ['x://a/b?q=1', 'x://a/b', 'x://a/', 'x://a']],
    ['ui://one+w/v', ['ui://one+w/', 'ui://one+w']],
    ['memo:insights', []],
  ])('withAncestors() returns %s and the URIs of all resources that may contain it', (uri, ancestors) => {
    expect(withAncestors(uri)).toEqual([uri, ...ancestors]);
  });

  it('withAncestors() returns fewer than 70 URIs, even for a URI with 1 000 path segments', () => {
    expect(withAncestors(`x://${'a/'.repeat(1_000)}`).length).toBeLessThan(70);
  });
});
