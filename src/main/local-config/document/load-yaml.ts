import { createRequire } from 'node:module';
import { moduleNotLoaded } from '../../../shared/late-module.ts';

type Yaml = typeof import('yaml');

let loaded: Yaml | null = null;

/**
 * Loads the package yaml. It is loaded only when needed, because few hosts have YAML files, and synchronously, because
 * documents are parsed synchronously. Throws MODULE_NOT_LOADED. The build turns this call into a `require`, so that
 * bundlers include the package.
 */
export function loadYaml(): Yaml {
  const require = createRequire(import.meta.url);
  try {
    loaded ??= require('yaml') as Yaml;
  } catch (error) {
    throw moduleNotLoaded('yaml', error);
  }
  return loaded;
}
