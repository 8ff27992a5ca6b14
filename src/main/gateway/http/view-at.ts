import type { View } from '../catalog/view.ts';
import type { Gateway } from '../gateway.ts';

/** The view of an endpoint's path; undefined for a path that is no endpoint's, or names what is not there. */
export async function viewAt(gateway: Gateway, pathname: string): Promise<View | undefined> {
  if (pathname === '/mcp') return gateway.view();
  const [, kind, name = '', last] = /^\/([cr])\/([^/]+)\/(mcp)$/.exec(pathname) ?? [];
  if (last === undefined) return undefined;
  const decoded = decode(name);
  return kind === 'c' ? gateway.single(decoded) : gateway.view(decoded);
}

/**
 * The path of a request, without a slash at its end: reverse proxies add one. Undefined if there is no path, or if
 * it is not in its normal form: a proxy that filters by path might read it differently. The path of nearly all
 * requests is not parsed.
 */
export function pathOf(target = '/'): string | undefined {
  if (target === '/mcp') return target;
  const pathname = URL.parse(target, 'http://localhost')?.pathname;
  if (pathname === undefined || pathname !== target.split('?', 1)[0]) return undefined;
  return pathname.length > 1 && pathname.endsWith('/') ? pathname.slice(0, -1) : pathname;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
