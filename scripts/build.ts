/**
 * `npm run build [-- FOLDER] [--without-declarations]`: builds dist/ from src/, with bundles, declarations, source maps
 * and licences.
 */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildDist } from './build/build-dist.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'without-declarations': { type: 'boolean', default: false } },
});
const folder = resolve(positionals[0] ?? 'dist');
await buildDist(folder, { declarations: !values['without-declarations'] });
// The sizes are printed to stderr, because `npm pack` reads stdout.
process.stderr.write(`${sizes(folder)}\n`);

/** Returns text with the total size of each kind of file, in KB. */
function sizes(of: string): string {
  const bytes = new Map<string, number>();
  for (const name of readdirSync(of, { recursive: true, encoding: 'utf8' })) {
    const stats = statSync(join(of, name));
    const kind = /\.(?:d\.ts|map|m?js|txt)$/.exec(name)?.[0] ?? '';
    if (stats.isFile()) bytes.set(kind, (bytes.get(kind) ?? 0) + stats.size);
  }
  return [...bytes].map(([kind, size]) => `${kind} ${Math.round(size / 1_000)} KB`).join(', ');
}
