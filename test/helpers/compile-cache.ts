/**
 * Runs once before all tests. Lets the test threads, and the programs that tests start, share what V8 compiled from our
 * modules: without it each of some hundred processes and threads strips the types of every module and compiles it.
 */
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/switchyard-tests', import.meta.url));

export default function setUp(): void {
  Object.assign(process.env, compileCacheEnvironment());
}

/** The environment variables that make a program use the cache; empty while coverage is counted, which it would blur. */
export function compileCacheEnvironment(): { readonly NODE_COMPILE_CACHE?: string } {
  return process.env.NODE_V8_COVERAGE === undefined ? { NODE_COMPILE_CACHE: FOLDER } : {};
}
