/**
 * The interface of another thread, as callers see it: every method returns a promise. Comlink's `Remote` has this type.
 * The published declarations use this type instead of `Remote`, because Comlink's own types need the TypeScript library
 * `dom`.
 */
export type RemoteApi<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};
