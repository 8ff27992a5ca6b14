/** Placeholder for a masked secret. A value that contains it is never used: see {@link hasMask}. */
export const MASK = '***masked***';

/** Whether a value, or any text within it, contains the mask. */
export function hasMask(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(MASK);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasMask);
}
