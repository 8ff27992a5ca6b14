/** The URL of a map in one spelling: two that differ only in spelling, or in their fragment, name one map. */
export function canonicalMapUrl(url: string): string {
  const canonical = new URL(url);
  canonical.hash = '';
  return canonical.href;
}

/** The URL of a map without its query, which may hold a token. For people. */
export function shownMapUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
