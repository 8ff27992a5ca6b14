/**
 * Runs once before all tests. Lets the test threads, and the processes that tests start, share the code that V8
 * compiled from our modules. Otherwise each of several hundred processes and threads would strip the types of every
 * module and compile it.
 */
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/switchyard-tests', import.meta.url));

export default function setUp(): void {
  Object.assign(process.env, compileCacheEnvironment());
}

/**
 * Environment variables that make a process use the cache. Empty while coverage is measured, which the cache would
 * distort.
 */
export function compileCacheEnvironment(): { readonly NODE_COMPILE_CACHE?: string } {
  return process.env.NODE_V8_COVERAGE === undefined ? { NODE_COMPILE_CACHE: FOLDER } : {};
}
