import { createRequire } from 'node:module';

// package.json is two levels up from src/shared and from dist/shared. A JSON import would make the build include the
// folder of package.json.
const manifest = createRequire(import.meta.url)('../../package.json') as { readonly version: string };

/** The version of this package. */
export const PACKAGE_VERSION: string = manifest.version;
