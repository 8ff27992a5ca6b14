/**
 * Returns the URL that a redirect leads to, or null if the redirect is not followed. The redirect must keep the method
 * and stay within the origin, because the request carries headers that only this origin may see.
 */
export function redirectTarget(
  status: number,
  location: string | null | undefined,
  method: string,
  from: URL,
): URL | null {
  const keepsMethod = status === 307 || status === 308 || (method === 'GET' && status > 300 && status < 304);
  if (!keepsMethod || location === null || location === undefined) return null;
  const target = URL.parse(location, from.href);
  return target !== null && target.origin === from.origin && target.username + target.password === '' ? target : null;
}
