import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent: (string | null)[];
}

const isOfPackage = (source: string): boolean => source.includes('node_modules/');

/**
 * Makes the source map of a file smaller. Keeps the text of our own sources. Keeps only the names of the sources of
 * packages, because their text is public and unchanged. If a file contains none of our sources, its map is deleted.
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
