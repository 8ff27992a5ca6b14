import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';

/** Returns the path of a command's script in an installed package; null if the package is not installed. */
export function packageBin(name: string, command: string): string | null {
  let manifestPath: string | undefined;
  try {
    manifestPath = findPackageJSON(name, import.meta.url);
  } catch {
    return null;
  }
  if (manifestPath === undefined) return null;
  const { bin } = JSON.parse(readFileSync(manifestPath, 'utf8')) as { bin?: Record<string, string> };
  const file = bin?.[command];
  return file === undefined ? null : join(dirname(manifestPath), file);
}
