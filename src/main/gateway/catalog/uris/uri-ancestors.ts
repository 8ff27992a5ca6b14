/** Maximum number of steps up the path of a URI. */
const MAX_STEPS = 32;

/**
 * Returns a URI, and then the URIs of which it may be a sub-resource, nearest first (MCP 2025-11-25, resources,
 * `notifications/resources/updated`). Removes the fragment, the query, and then each part of the path, with and without
 * the last slash.
 */
export function withAncestors(uri: string): readonly string[] {
  const found = [uri];
  const start = uri.indexOf('://') + '://'.length;
  let rest = uri;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const cut = Math.max(rest.lastIndexOf('/'), rest.lastIndexOf('?'), rest.lastIndexOf('#'));
    if (cut < start) break;
    if (rest.charAt(cut) === '/' && cut + 1 < rest.length) found.push(rest.slice(0, cut + 1));
    rest = rest.slice(0, cut);
    found.push(rest);
  }
  return found;
}
