import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Keeps what V8 made of the modules for the next start, in the user's own cache: Node's default is a folder that all users of the machine share. Not while coverage is counted, which it would blur. A
 * folder that cannot be written is done without.
 */
export function keepCompiled(): void {
  if (process.env.NODE_V8_COVERAGE !== undefined || process.env.NODE_COMPILE_CACHE !== undefined) return;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  enableCompileCache(join(cache, 'mcp-switchyard', 'compiled'));
}
