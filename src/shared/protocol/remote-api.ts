/**
 * The interface of another thread, as callers see it: every method returns a promise. Comlink's `Remote` fits it. Types
 * that reach the published declarations use this one, since Comlink's own types need the library `dom`.
 */
export type RemoteApi<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};
