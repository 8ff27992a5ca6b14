import { codeOf } from '../../../../shared/errors.ts';

/**
 * Resolves with the fleet's response, or with null if the fleet is unreachable or refuses the request. A later sync
 * repeats the work.
 */
export async function quietly<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'FLEET_UNAVAILABLE' && code !== 'FLEET_REFUSED') throw error;
    return null;
  }
}
