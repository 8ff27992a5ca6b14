/** Text that is shown in place of a secret. Values that contain it are rejected as input: see {@link hasMask}. */
export const MASK = '***masked***';

/** Whether a value, or any string within it, contains the mask {@link MASK}. */
export function hasMask(value: unknown): boolean {
  if (typeof value === 'string') return value.includes(MASK);
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some(hasMask);
}
