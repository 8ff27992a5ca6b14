import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { capture } from '../run-command.ts';

/** The entry points that TypeScript users import, as paths in dist without extensions. */
const PUBLIC = ['main/index', 'main/registry/fs-store', 'main/gateway/index'];

/**
 * Writes the declarations of the public entry points into `folder`. They are bundled, so that they contain only the
 * types that the public types mention. So users need not install the types of packages that only internal code needs.
 */
export async function buildDeclarations(root: string, folder: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'switchyard-types-'));
  try {
    capture(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json', '--outDir', work], { cwd: root });
    const input = Object.fromEntries(PUBLIC.map((path) => [path, join(work, `${path}.d.ts`)]));
    const bundle = await rolldown({
      input,
      external: (id) => /^[a-z@]/.test(id) && !PUBLIC.includes(id),
      plugins: [dts({ dtsOnly: true, generator: 'oxc', tsconfig: false })],
    });
    await bundle.write({ dir: folder, format: 'es', chunkFileNames: 'main/types/[name].js' });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
