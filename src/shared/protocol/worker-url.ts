/**
 * The URL of the entry file of another thread or process in this source tree: `.ts` where the sources run as they
 * are, `.js` in dist. `path` is relative to the folder above shared/, without extension, such as
 * `workers/load/load-service-map.task`.
 */
export function workerUrl(path: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`../../${path}${extension}`, import.meta.url);
}
