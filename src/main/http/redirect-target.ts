/**
 * Where an answer sends a request on to; null where it is not followed: it must keep the method and stay within the
 * origin, since it takes headers along that only this origin may see.
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
