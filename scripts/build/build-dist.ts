import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHelp } from '../build-help.ts';
import { capture } from '../run-command.ts';
import { bundle } from './bundle.ts';
import { pruneDeclarations } from './declarations.ts';
import { thirdPartyLicenses } from './licenses.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The declarations of the package's subpaths, which TypeScript reads. */
const PUBLIC = ['main/index.d.ts', 'main/registry/fs-store.d.ts', 'main/gateway/index.d.ts'];

/** Builds dist into `folder`, which is emptied first. Declarations can be left out if nothing reads them. */
export async function buildDist(folder: string, { declarations = true } = {}): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const moduleIds = await bundle(ROOT, folder);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(moduleIds));
  buildHelp(folder);
  chmodSync(join(folder, 'main', 'cli', 'bin.js'), 0o755);
  if (!declarations) return;
  capture(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json', '--outDir', folder], { cwd: ROOT });
  pruneDeclarations(folder, PUBLIC);
}
