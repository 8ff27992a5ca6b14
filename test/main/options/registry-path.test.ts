import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { registryPath } from '../../../src/main/options/registry-path.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const place = () => {
  const folder = new TempDir();
  const own = join(folder.path, 'mcp-switchyard', 'servers.json');
  const old = join(folder.path, 'cortex-os', 'mcp', 'servers.json');
  const write = (path: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '[]');
  };
  return { ...{ folder, own, old, write }, env: { XDG_CONFIG_HOME: folder.path } };
};

it('the default registry is in the folder `mcp-switchyard`, unless `CORTEX_HOME` names another folder', () => {
  const { folder, own, env } = place();
  using _ = folder;
  expect(registryPath(env)).toBe(own);
  expect(registryPath({ HOME: '/h' })).toMatch(/\.config.mcp-switchyard.servers\.json$/);
  expect(registryPath({ ...env, CORTEX_HOME: '/c' })).toBe(join('/c', 'mcp', 'servers.json'));
});

it('the default registry is the file of the replaced product if only that file exists, or if `compat` is set', () => {
  const { folder, own, old, write, env } = place();
  using _ = folder;
  expect(registryPath(env, 'cortex-os')).toBe(old);
  write(join(dirname(old), 'switchyard.db'));
  expect(registryPath(env)).toBe(old);
  write(own);
  expect(registryPath(env, 'cortex-os')).toBe(old);
});

it('if the registry files of both products exist, the new file is the default, and a warning is emitted once', () => {
  const { folder, own, old, write, env } = place();
  using _ = folder;
  write(own);
  write(old);
  const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  expect([registryPath(env), registryPath(env)]).toEqual([own, own]);
  expect(emitted).toHaveBeenCalledTimes(1);
  expect(emitted.mock.calls[0]?.[0]).toContain(old);
  emitted.mockRestore();
});
