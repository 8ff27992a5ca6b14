/**
 * What stands in place of a secret that is not shown. Nothing that holds it is ever taken for real: see {@link
 * hasMask}.
 */
export const MASK = '***masked***';

/** Whether a value, or a text anywhere within it, holds the mask. */
export function hasMask(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(MASK);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasMask);
}
