/**
 * Returns the URL of a map in its normal form. URLs that differ only in their spelling or their fragment mean the same
 * map, so they have the same normal form.
 */
export function canonicalMapUrl(url: string): string {
  const canonical = new URL(url);
  canonical.hash = '';
  return canonical.href;
}

/** Returns the URL of a map in a form that may be shown: without its query, which may contain a token. */
export function shownMapUrl(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
