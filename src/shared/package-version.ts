import { createRequire } from 'node:module';

// package.json is two levels up from src/shared as from dist/shared. A JSON import would pull it into the build's root.
const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string };

/** The version of this package. */
export const PACKAGE_VERSION: string = manifest.version;
