import { resolve } from 'node:path';
import type { CodeSplittingNameFunction } from 'rolldown';

/** A module that is loaded together with everything that it imports statically. */
export interface Root {
  /** Its path from the root of the checkout. */
  readonly path: string;
  /** The root that is always loaded before this one. */
  readonly after?: string;
}

/**
 * Puts modules that are loaded by the same roots into one file, because loading each file takes time. A root only loads
 * code that this root, or the root before it, imports statically. Code that is only loaded later stays in the bundler's
 * own files.
 *
 * `roots` has a label for each root; file names contain the first letters of the labels. Each module of `own` keeps its
 * own file.
 */
export function chunkNames(
  base: string,
  roots: Readonly<Record<string, Root>>,
  own: readonly string[],
): CodeSplittingNameFunction {
  let labels: Map<string, string[]> | null = null;
  const alone = new Set(own.map((path) => resolve(base, path)));
  return (id, context) => {
    if (labels === null) {
      labels = new Map();
      for (const [label, { path }] of Object.entries(roots)) {
        const reached = new Set<string>([resolve(base, path)]);
        // The set grows while it is iterated, which JavaScript allows.
        for (const one of reached) for (const next of context.getModuleInfo(one)?.importedIds ?? []) reached.add(next);
        for (const one of reached) labels.set(one, [...(labels.get(one) ?? []), label]);
      }
    }
    const all = alone.has(id) ? undefined : labels.get(id);
    const found = all?.filter((label) => !all.includes(roots[label]?.after ?? ''));
    if (found === undefined) return null;
    return found.length === 1 ? `only-${found[0]}` : `common-${found.map((label) => label[0]).join('')}`;
  };
}
