/** Imports a package of this folder. It has no types when this file is checked. */
// biome-ignore lint/suspicious/noExplicitAny: installed on demand.
export const load = (name: string): Promise<any> => import(name);
