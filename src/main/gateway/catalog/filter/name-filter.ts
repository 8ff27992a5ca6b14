import { compileGlob } from './glob.ts';

/** Whether a route has what is called so. */
export type NameFilter = (exposedName: string) => boolean;

/** Lets everything through. */
export const ALL_NAMES: NameFilter = () => true;

/**
 * A filter of exposed names (`connector__tool`) by globs: those that any pattern without `!` takes, or all where there
 * is none, less those that one with `!` takes. The order does not matter: what is denied stays so. Throws
 * OPTIONS_INVALID for a pattern that is too large.
 */
export function createNameFilter(patterns: readonly string[]): NameFilter {
  if (patterns.length === 0) return ALL_NAMES;
  const allowed = patterns.filter((pattern) => !pattern.startsWith('!'));
  const denied = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1));
  const isAllowed = allowed.length === 0 ? ALL_NAMES : matcher(allowed);
  const isDenied = denied.length === 0 ? () => false : matcher(denied);
  return (name) => isAllowed(name) && !isDenied(name);
}

function matcher(patterns: readonly string[]): NameFilter {
  const globs = patterns.map(compileGlob);
  return (name) => globs.some((isMatch) => isMatch(name));
}
