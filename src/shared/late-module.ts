import { messageOf, SwitchyardError } from './errors.ts';

/**
 * Returns a function that loads a module when it is first called, and resolves with the same module afterwards. If the
 * module cannot be loaded, the function rejects with MODULE_NOT_LOADED, and tries again when it is next called. `name`
 * is used in the message.
 */
export function lateModule<T>(name: string, load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null;
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null;
      throw moduleNotLoaded(name, error);
    });
    return loading;
  };
}

/** Creates the MODULE_NOT_LOADED error of a module that could not be loaded. */
export function moduleNotLoaded(name: string, cause: unknown): SwitchyardError {
  return new SwitchyardError('MODULE_NOT_LOADED', `${name} could not be loaded: ${messageOf(cause)}`, { cause });
}
