import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: (string | null)[];
}

const isOfPackage = (source: string): boolean => source.includes('node_modules/');

/**
 * Trims the source map of a file: the texts of our own sources stay. Sources of packages keep only their names, because
 * their texts are unchanged and public. The map of a file without any of our sources is deleted.
 */
export function trimSourceMap(file: string): void {
  const path = `${file}.map`;
  if (!existsSync(path)) return;
  const map = JSON.parse(readFileSync(path, 'utf8')) as SourceMap;
  if (map.sources.every(isOfPackage)) {
    rmSync(path);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n'));
    return;
  }
  const sourcesContent = map.sourcesContent.map((text, at) => (isOfPackage(map.sources[at] ?? '') ? null : text));
  writeFileSync(path, JSON.stringify({ ...map, sourcesContent }));
}
