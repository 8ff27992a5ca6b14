import { posix } from 'node:path';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

/** A link or picture on a page that refers to a file. */
export interface Link {
  readonly line: number;
  /** The target as it is written on the page. */
  readonly href: string;
  /** The path of the file or folder, relative to the root of the repository. */
  readonly target: string;
  /** The anchor without `#`; empty if the link has no anchor. */
  readonly anchor: string;
}

const ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i;

/** Returns the relative links and the pictures of a page. Links to websites are left out. */
export function readLinks(page: string, text: string): readonly Link[] {
  const links: Link[] = [];
  for (const href of hrefsOf(text)) {
    if (ELSEWHERE.test(href)) continue;
    const [path = '', anchor = ''] = href.split('#', 2);
    const target = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path)));
    const at = Math.max(text.indexOf(`(${href}`), 0);
    const line = text.slice(0, at).split('\n').length;
    links.push({ line, href, target: target.replace(/\/$/, ''), anchor: decodeURIComponent(anchor) });
  }
  return links;
}

function hrefsOf(text: string): ReadonlySet<string> {
  const hrefs = new Set<string>();
  void walkTokens(lexer(text), (token: Token) => {
    if (token.type === 'link' || token.type === 'image') hrefs.add((token as Tokens.Link).href);
    if (token.type !== 'html') return;
    for (const [, href = ''] of token.raw.matchAll(/\b(?:href|src|srcset)="([^"\s]+)"/g)) hrefs.add(href);
  });
  return hrefs;
}

/** Returns the anchors of a page: the anchors that GitHub creates for headings, and the ids in HTML. */
export function readAnchors(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  void walkTokens(lexer(text), (token: Token) => {
    if (token.type === 'html') {
      for (const [, id = ''] of token.raw.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(id);
    }
    if (token.type !== 'heading') return;
    const slug = slugOf(plainText((token as Tokens.Heading).tokens));
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  });
  return anchors;
}

/** Returns the words of a heading, without its Markdown. */
function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      const { tokens: inner, text = '' } = token as Tokens.Generic;
      return inner === undefined ? text : plainText(inner);
    })
    .join('');
}

function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .trim()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}
