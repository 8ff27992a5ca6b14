import { posix } from 'node:path';
import type { Import } from './source-tree.ts';

type Edges = Map<string, Set<string>>;

/**
 * In each folder, finds files and subfolders that import each other in a circle. An import between two files counts
 * only in the deepest folder that contains both files.
 */
export function findCircles(imports: readonly Import[]): readonly string[] {
  const folders = new Map<string, Edges>();
  for (const { from, to } of imports) {
    const source = from.split('/');
    const target = to.split('/');
    let depth = 0;
    while (depth < Math.min(source.length, target.length) && source[depth] === target[depth]) depth += 1;
    const folder = source.slice(0, depth).join('/');
    const edges = folders.get(folder) ?? new Map<string, Set<string>>();
    folders.set(folder, edges);
    const [a, b] = [source[depth], target[depth]];
    if (a === undefined || b === undefined) continue;
    edges.set(a, (edges.get(a) ?? new Set()).add(b));
    edges.set(b, edges.get(b) ?? new Set());
  }
  return [...folders]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([folder, edges]) =>
      circlesOf(edges).map((circle) => `circle in ${posix.normalize(folder)}: ${circle.sort().join(', ')}`),
    );
}

/** Returns the strongly connected components with at least two nodes (Tarjan, 1972). */
function circlesOf(edges: Edges): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): number => {
    const own = index.size;
    index.set(node, own);
    stack.push(node);
    let lowest = own;
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, index.get(next) ?? lowest);
    }
    low.set(node, lowest);
    if (lowest === own) {
      const component = stack.splice(stack.indexOf(node));
      if (component.length > 1) found.push(component);
    }
    return lowest;
  };
  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return found;
}
