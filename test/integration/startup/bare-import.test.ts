import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

/** Modules that only some hosts need, or that are needed later. An import alone must not load them. */
const LATE = [
  'node_modules/undici/',
  'node_modules/prom-client/',
  'node_modules/piscina/',
  'node_modules/zod/',
  'node_modules/@modelcontextprotocol/',
  'node_modules/commander/',
  'node_modules/@opentelemetry/',
  'node_modules/ioredis/',
  'node_modules/yaml/',
  'node_modules/jsonc-parser/',
  'node_modules/smol-toml/',
  'src/main/gateway/',
  'src/main/cli/',
  'src/workers/',
];

/** Returns the files that an import of `path` loads, as paths relative to the root of the repository. */
function loadedBy(path: string): readonly string[] {
  const root = new URL('../../../', import.meta.url);
  const script = `
    import { registerHooks } from 'node:module';
    const urls = [];
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context); } });
    await import(${JSON.stringify(new URL(path, root).href)});
    process.stdout.write(JSON.stringify(urls));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return (JSON.parse(stdout) as string[])
    .filter((url) => url.startsWith('file:'))
    .map((url) => url.replace(pathToFileURL('/').href, '/').replace(root.pathname, ''));
}

describe('a bare import', () => {
  it.each(['src/main/index.ts', 'src/main/registry/fs-store.ts'])(
    'an import of "%s" loads no module that only some hosts need',
    (path) => {
      const loaded = loadedBy(path);
      expect(loaded).toContain(path);
      expect(loaded.filter((file) => LATE.some((late) => file.includes(late)))).toEqual([]);
    },
  );
});
