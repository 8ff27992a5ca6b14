import { describe, expect, it } from 'vitest';
import { checkLinks } from '../../../scripts/docs/pages/check-links.ts';
import { readAnchors, readLinks } from '../../../scripts/docs/pages/page-links.ts';

describe('readLinks', () => {
  it('readLinks() resolves links and pictures against the folder of the page, with their lines', () => {
    const links = readLinks('docs/a.md', '# A\n\n[b](b.md#one) ![p](images/p.png)\n\n[up](../README.md) [here](#a)');
    expect(links.map(({ line, target, anchor }) => [line, target, anchor])).toEqual([
      [3, 'docs/b.md', 'one'],
      [3, 'docs/images/p.png', ''],
      [5, 'README.md', ''],
      [5, 'docs/a.md', 'a'],
    ]);
  });

  it('readLinks() ignores links to other hosts and links in code', () => {
    expect(
      readLinks('a.md', '[x](https://example.com) [m](mailto:a@b) `[c](c.md)`\n\n```text\n[d](d.md)\n```'),
    ).toEqual([]);
  });

  it('readLinks() finds pictures in HTML', () => {
    expect(readLinks('a.md', '<img src="p.png" alt="p">\n')[0]?.target).toBe('p.png');
  });
});

describe('readAnchors', () => {
  it('readAnchors() gives headings the same anchors as GitHub', () => {
    const anchors = readAnchors(
      "# What's `serve --stdio`?\n\n## 10 %: canaries (a day)\n\n## A\n\n## A\n\n## [Link](b.md) _x_",
    );
    expect([...anchors]).toEqual(['whats-serve---stdio', '10--canaries-a-day', 'a', 'a-1', 'link-x']);
  });

  it('readAnchors() finds anchors that the page itself defines in HTML', () => {
    expect(readAnchors('<a id="here"></a>\n')).toContain('here');
  });
});

describe('checkLinks', () => {
  it('checkLinks() reports a missing file, a missing heading, and a file that is not part of the package', () => {
    const text = '[a](none.md) [b](README.md#no-such-heading) [c](biome.json) [d](README.md)';
    expect(checkLinks('CONTRIBUTING.md', text, new Set(['CONTRIBUTING.md', 'README.md']))).toEqual([
      'CONTRIBUTING.md:1 links to none.md, which does not exist',
      'CONTRIBUTING.md:1 links to README.md#no-such-heading, and README.md has no such heading',
      'CONTRIBUTING.md:1 links to biome.json, which is not in the package',
    ]);
  });

  it('checkLinks() accepts a link to a folder of packed files, and every link on a page that is not packed', () => {
    expect(checkLinks('README.md', '[docs](docs)', new Set(['README.md', 'docs/cli.md']))).toEqual([]);
    expect(checkLinks('README.md', '[config](biome.json)', new Set())).toEqual([]);
  });
});
