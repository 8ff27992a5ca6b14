import type { Declaration, DeclarationFiles } from './declaration-files.ts';

/** An entry point of the package: how it is imported, and where its declaration file is. */
export interface EntryPoint {
  readonly specifier: string;
  readonly path: string;
  readonly about: string;
}

/** An exported name and its entry point. */
interface Place {
  readonly specifier: string;
  readonly name: string;
}

/** One name on the page. */
export interface Entry {
  readonly name: string;
  readonly declaration: Declaration;
  /** The other place on the page that shows this declaration; null if the declaration is shown under this name. */
  readonly shownAt: Place | null;
}

/** The part of the page about one entry point. */
export interface Section {
  readonly entryPoint: EntryPoint;
  /** The names that the entry point exports, in alphabetical order. */
  readonly exported: readonly Entry[];
  /** Types that the exported names mention, directly or indirectly, and that no entry point exports. */
  readonly mentioned: readonly Entry[];
}

/**
 * Lists the exports of each entry point. The page shows a declaration only once, at the first entry point that exports
 * it.
 */
export function referenceOf(files: DeclarationFiles, entryPoints: readonly EntryPoint[]): readonly Section[] {
  const places = new Map<string, Place>();
  const exportedBy = entryPoints.map((entryPoint) => {
    const { specifier, path } = entryPoint;
    const names = [...files.exportsOf(path)].toSorted(byName);
    // If a declaration is exported under several names, the page shows it under the name of the declaration.
    const [own, others] = [names.filter(([name, one]) => name === one.name), names];
    for (const [name, { key }] of [...own, ...others]) if (!places.has(key)) places.set(key, { specifier, name });
    const exported = names.map(([name, declaration]): Entry => {
      const place = places.get(declaration.key) ?? null;
      const isHere = place?.specifier === specifier && place.name === name;
      return { name, declaration, shownAt: isHere ? null : place };
    });
    return { entryPoint, exported };
  });
  const known = new Set(places.keys());
  return exportedBy.map((section) => ({ ...section, mentioned: newlyMentioned(files, section.exported, known) }));
}

/**
 * Finds all declarations that `exported` mentions, directly or indirectly, and adds them to `known`. Returns the
 * declarations that were not in `known` before.
 */
function newlyMentioned(files: DeclarationFiles, exported: readonly Entry[], known: Set<string>): readonly Entry[] {
  const found = new Map<string, Declaration>();
  const queue = exported.map(({ declaration }) => declaration);
  for (const declaration of queue) {
    for (const origin of files.mentionedBy(declaration)) {
      if (origin.kind === 'foreign' || known.has(origin.key)) continue;
      known.add(origin.key);
      found.set(origin.name, origin);
      queue.push(origin);
    }
  }
  return [...found].toSorted(byName).map(([name, declaration]) => ({ name, declaration, shownAt: null }));
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  const [low, high] = [a.toLowerCase(), b.toLowerCase()];
  if (low === high) return a < b ? -1 : 1;
  return low < high ? -1 : 1;
}
