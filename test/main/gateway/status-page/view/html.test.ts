import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, trusted } from '../../../../../src/main/gateway/status-page/view/html.ts';

describe('html', () => {
  it('escapeHtml() escapes every character that could end a text node or an attribute', () => {
    expect(escapeHtml(`<a href="x" id='y'>&amp;`)).toBe('&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;');
  });

  it('html`` escapes values, including those in lists, and leaves its own markup unescaped', () => {
    const items = ['<b>', html`<i>${'&'}</i>`];
    expect(html`<p title="${'"'}">${items}${3}${null}${false}</p>`.toString()).toBe(
      '<p title="&quot;">&lt;b&gt;<i>&amp;</i>3</p>',
    );
  });

  it('html`` throws for an object that only imitates markup', () => {
    const impostor = JSON.parse('{"toString":"<b>","markup":"<b>"}') as never;
    expect(() => html`${impostor}`.toString()).toThrow();
    expect(html`${trusted('<b>')}`.toString()).toBe('<b>');
  });

  it('html`` escapes any string so that the string cannot leave its element or attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const [, inAttribute = '', inElement = ''] = /^<p title="(.*)">(.*)<\/p>$/s.exec(
          html`<p title="${text}">${text}</p>`.toString(),
        ) as RegExpExecArray;
        expect(inAttribute).not.toMatch(/[<>"']/);
        expect(inElement).not.toMatch(/[<>"']/);
      }),
    );
  });
});
