import { compileGlob } from './glob.ts';

/** True if a route shows the tool, prompt or resource with this exposed name. */
export type NameFilter = (exposedName: string) => boolean;

/** Accepts every name. */
export const ALL_NAMES: NameFilter = () => true;

/**
 * Creates a filter of exposed names (`connector__tool`) from globs. Patterns without `!` allow names. Without such
 * patterns, all names are allowed. Patterns with `!` deny names. The order does not matter, because denied names stay
 * denied. Throws OPTIONS_INVALID for a pattern that is too large.
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
