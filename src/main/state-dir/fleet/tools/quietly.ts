import { codeOf } from '../../../../shared/errors.ts';

/** The fleet's answer; null where it is away or refuses, which is made good once it is back. */
export async function quietly<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'FLEET_UNAVAILABLE' && code !== 'FLEET_REFUSED') throw error;
    return null;
  }
}
