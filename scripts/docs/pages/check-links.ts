import { existsSync, readFileSync } from 'node:fs';
import { readAnchors, readLinks } from './page-links.ts';

/**
 * Checks the links of a page, and returns a message for each broken link. If the page is part of the package, its links
 * must work there too.
 */
export function checkLinks(page: string, text: string, packed: ReadonlySet<string>): readonly string[] {
  return readLinks(page, text).flatMap(({ line, href, target, anchor }) => {
    const place = `${page}:${line} links to ${href}`;
    if (!existsSync(target)) return [`${place}, which does not exist`];
    if (anchor !== '' && !hasAnchor(target, anchor)) return [`${place}, and ${target} has no such heading`];
    if (packed.has(page) && !isPacked(target, packed)) return [`${place}, which is not in the package`];
    return [];
  });
}

function hasAnchor(target: string, anchor: string): boolean {
  return !target.endsWith('.md') || readAnchors(readFileSync(target, 'utf8')).has(anchor);
}

function isPacked(target: string, packed: ReadonlySet<string>): boolean {
  return packed.has(target) || [...packed].some((file) => file.startsWith(`${target}/`));
}
