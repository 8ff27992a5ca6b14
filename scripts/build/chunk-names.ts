import { resolve } from 'node:path';
import type { CodeSplittingNameFunction } from 'rolldown';

/** An entry module. Loading it also loads everything that it imports statically. */
export interface Root {
  /** Path of the module, relative to the root of the repository. */
  readonly path: string;
  /** Label of the root that is always loaded before this root. */
  readonly after?: string;
}

/**
 * Returns a function that names the output file of each module. Modules that the same roots load get the same file,
 * because loading each file takes time. A root loads only code that is imported statically by this root or by the root
 * in `after`. For all other code, the bundler chooses the files.
 *
 * `roots` contains the roots by their labels. File names contain the first letters of the labels. Each module in `own`
 * gets its own file.
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
        // This loop adds to the set that it iterates over. JavaScript also visits the added elements.
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
