import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHelp } from '../build-help.ts';
import { bundle } from './bundle.ts';
import { buildDeclarations } from './declarations.ts';
import { thirdPartyLicenses } from './licenses.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Empties `folder`, and builds dist in it. `declarations` can be false if nobody needs the declarations. */
export async function buildDist(folder: string, { declarations = true } = {}): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const moduleIds = await bundle(ROOT, folder);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), thirdPartyLicenses(moduleIds));
  buildHelp(folder);
  chmodSync(join(folder, 'main', 'cli', 'bin.js'), 0o755);
  if (declarations) await buildDeclarations(ROOT, folder);
}
