/** Imports a package of this folder; it has no types where this is checked. */
// biome-ignore lint/suspicious/noExplicitAny: installed on demand.
export const load = (name: string): Promise<any> => import(name);
