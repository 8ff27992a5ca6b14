import { existsSync } from 'node:fs';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print } from '../../terminal/output.ts';
import { type RegistryOptions, registryFile, storeBeside } from './open-registry.ts';

/** Prints the path of `servers.json`. Resolves with the exit code. */
export function runRegistryPath(options: RegistryOptions): Promise<number> {
  const path = registryFile(options);
  const store = storeBeside(path);
  if (options.json) answerJson({ path, store, isThere: existsSync(path), isStoreThere: existsSync(store) });
  else print(`${path}\n`);
  return Promise.resolve(EXIT.ok);
}
