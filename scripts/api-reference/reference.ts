import type { Declaration, DeclarationFiles } from './declaration-files.ts';

/** One entry point: how it is imported, and its declaration file. */
export interface EntryPoint {
  readonly specifier: string;
  readonly path: string;
  readonly about: string;
}

/** A name of an entry point. */
interface Place {
  readonly specifier: string;
  readonly name: string;
}

/** One name on the page. */
export interface Entry {
  readonly name: string;
  readonly declaration: Declaration;
  /** Where the page shows this declaration, if that is under another name; null if it is shown here. */
  readonly shownAt: Place | null;
}

/** The names of one entry point. */
export interface Section {
  readonly entryPoint: EntryPoint;
  /** In alphabetical order. */
  readonly exported: readonly Entry[];
  /** Types that exported names mention, directly or not, and that no entry point exports. */
  readonly mentioned: readonly Entry[];
}

/** Lists what each entry point exports. A declaration is shown once, at the first entry point that exports it. */
export function referenceOf(files: DeclarationFiles, entryPoints: readonly EntryPoint[]): readonly Section[] {
  const places = new Map<string, Place>();
  const exportedBy = entryPoints.map((entryPoint) => {
    const { specifier, path } = entryPoint;
    const names = [...files.exportsOf(path)].toSorted(byName);
    // A declaration that is exported under several names is shown under its own name.
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

/** Follows what declarations mention until nothing new is found. Adds each declaration that it finds to `known`. */
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
