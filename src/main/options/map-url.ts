/** Returns the URL of a map in one spelling: URLs that differ only in spelling, or in their fragment, name one map. */
export function canonicalMapUrl(url: string): string {
  const canonical = new URL(url);
  canonical.hash = '';
  return canonical.href;
}

/** Returns the URL of a map in the form to show to people: without its query, which may contain a token. */
export function shownMapUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
