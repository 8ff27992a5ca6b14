import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import { type DocumentPlace, unavailable } from './document-place.ts';

/**
 * Gets key documents from a function of the host. The function returns text, bytes or an object; null or undefined
 * means that there is no document.
 */
export function functionPlace(ask: (version: number) => unknown): DocumentPlace {
  const nameOf = (version: number): string => `keyDocuments(${version})`;
  return {
    isByVersion: true,
    nameOf,
    async read(version) {
      let answer: unknown;
      try {
        answer = await ask(version);
      } catch (cause) {
        throw unavailable(nameOf(version), `the function failed: ${messageOf(cause)}`, cause);
      }
      return answer === null || answer === undefined ? null : bytesOf(answer, nameOf(version));
    },
  };
}

function bytesOf(answer: unknown, name: string): Uint8Array {
  if (answer instanceof Uint8Array) return answer;
  try {
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
    if (typeof text === 'string') return new TextEncoder().encode(text);
  } catch (cause) {
    throw invalid(name, cause);
  }
  throw invalid(name);
}

function invalid(name: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('KEYS_INVALID', `${name} did not return a key document.`, { cause });
}
