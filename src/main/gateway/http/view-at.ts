import type { View } from '../catalog/view.ts';
import type { Gateway } from '../gateway.ts';

/**
 * Returns the view that clients see at the path of an MCP endpoint. Undefined if no endpoint has this path, or if the
 * path names an unknown connector or route.
 */
export async function viewAt(gateway: Gateway, pathname: string): Promise<View | undefined> {
  if (pathname === '/mcp') return gateway.view();
  const [, kind, name = '', last] = /^\/([cr])\/([^/]+)\/(mcp)$/.exec(pathname) ?? [];
  if (last === undefined) return undefined;
  const decoded = decode(name);
  return kind === 'c' ? gateway.single(decoded) : gateway.view(decoded);
}

/**
 * Returns the path of a request, without the trailing slash that reverse proxies may add. Undefined if there is no
 * path. Also undefined for a path that is not normalized, because a proxy that filters by path might read it
 * differently. The common path `/mcp` is not parsed.
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
