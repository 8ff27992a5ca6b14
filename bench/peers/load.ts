/**
 * Imports a package that is installed in this folder. The package may be missing when this file is type-checked, so the
 * result has no type.
 */
// biome-ignore lint/suspicious/noExplicitAny: installed on demand.
export const load = (name: string): Promise<any> => import(name);
