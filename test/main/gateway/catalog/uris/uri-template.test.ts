import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesTemplate, templatePrefix } from '../../../../../src/main/gateway/catalog/uris/uri-template.ts';
import { monotonicMs } from '../../../../../src/shared/clock.ts';

describe('matchesTemplate', () => {
  it.each([
    ['demo://{id}', 'demo://7', true],
    ['demo://{id}', 'demo://', false],
    ['demo://{id}', 'demo://a/b', false],
    ['demo://{id}/data', 'demo://7/data', true],
    ['demo://{id}/data', 'demo://7/data2', false],
    ['demo://{a}-{b}', 'demo://x-y-z', true],
    ['demo://{a}{b}', 'demo://xy', true],
    ['demo://{a}{b}', 'demo://x', false],
    ['file:///{+path}', 'file:///a/b?c#d', true],
    ['file:///{path*}', 'file:///a/b', true],
    ['file:///{+path}/end', 'file:///a/end/b/end', true],
    ['x://a{/list*}', 'x://a', true],
    ['x://a{/list*}', 'x://a/b/c', true],
    ['x://a{/list*}', 'x://ab', false],
    ['x://a{.ext}', 'x://a.json', true],
    ['x://a{?q,p}', 'x://a?q=1&p=2', true],
    ['x://a{?q}', 'x://a', true],
    ['x://a{?q}', 'x://abc', false],
    ['x://a?f=1{&q}', 'x://a?f=1&q=2', true],
    ['x://a{#top}', 'x://a#b/c', true],
    ['x://a{;v}', 'x://a;v=1', true],
    ['plain://x', 'plain://x', true],
    ['plain://x', 'plain://xy', false],
    ['{+uri}', 'any://thing', true],
    ['broken://{x', 'broken://{x', true],
    ['broken://{}', 'broken://7', true],
    ['ui://{name}/view', 'ui://weather/view', true],
  ])('matchesTemplate() decides whether the URI template %s matches %s: %s', (template, uri, matches) => {
    expect(matchesTemplate(template, uri)).toBe(matches);
  });

  it('matchesTemplate() accepts every expansion of a template with simple variables', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9._~%-]{1,12}$/);
    const text = fc.stringMatching(/^[a-z/:?=-]{1,8}$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(text, value), { minLength: 1, maxLength: 8 }), (parts) => {
        const template = parts.map(([before], index) => `${before}{v${index}}`).join('');
        const uri = parts.map(([before, value]) => before + value).join('');
        expect(matchesTemplate(template, uri)).toBe(true);
        expect(uri.startsWith(templatePrefix(template))).toBe(true);
      }),
    );
  });

  it('matchesTemplate() takes bounded time for a hostile template, and rejects overlong templates and URIs', () => {
    const startedMs = monotonicMs();
    expect(matchesTemplate(`${'{a}a'.repeat(200)}b`, 'a'.repeat(2_000))).toBe(false);
    expect(matchesTemplate('{+a}'.repeat(250), 'a'.repeat(2_000))).toBe(true);
    expect(monotonicMs() - startedMs).toBeLessThan(2_000);
    expect(matchesTemplate('{+a}'.repeat(300), 'a'.repeat(500))).toBe(false);
    expect(matchesTemplate('{+a}', 'a'.repeat(3_000))).toBe(false);
  });
});
