import { readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Removes the declarations in `folder` that are not reachable from `entries`, which are paths from there. */
export function pruneDeclarations(folder: string, entries: readonly string[]): void {
  const reached = new Set(entries.map((entry) => resolve(folder, entry)));
  // A set may grow while it is iterated.
  for (const path of reached)
    for (const [, named = ''] of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?["'](\.[^"']+)["']/g))
      reached.add(resolve(dirname(path), named.replace(/\.(?:js|ts)$/, '.d.ts')));
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of names)
    if (name.endsWith('.d.ts') && !reached.has(resolve(folder, name))) rmSync(join(folder, name));
  removeEmptyFolders(folder);
}

function removeEmptyFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
