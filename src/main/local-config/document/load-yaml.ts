import { createRequire } from 'node:module';
import { moduleNotLoaded } from '../../../shared/late-module.ts';

type Yaml = typeof import('yaml');

let loaded: Yaml | null = null;

/**
 * Loads the package yaml synchronously, because documents are read synchronously and few hosts have configuration in
 * YAML. Throws MODULE_NOT_LOADED. The build turns this call into a `require` that the bundler follows.
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
