#!/usr/bin/env node
// No static import here: an older Node could not load the modules, and would not get to the message below.
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`mcp-switchyard needs Node.js ${OLDEST_NODE} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  // A reader that closes the pipe early (`| head`) is no failure; a full disk is one.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`mcp-switchyard: cannot write the result: ${error.message}\n`);
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  // The work goes on when nobody reads the progress any more.
  process.stderr.on('error', () => {});
  await keepCompiled();
  const { endIfStuck, runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(process.argv.slice(2));
  endIfStuck();
}

/**
 * Keeps compiled modules in the user's cache for the next start. Node's default is a folder that all users of the
 * machine share. Does nothing while coverage is counted, which it would blur, and where the folder cannot be written.
 */
async function keepCompiled(): Promise<void> {
  if (process.env.NODE_V8_COVERAGE !== undefined || process.env.NODE_COMPILE_CACHE !== undefined) return;
  const { enableCompileCache } = await import('node:module');
  const { homedir } = await import('node:os');
  const { join } = await import('node:path');
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  enableCompileCache(join(cache, 'mcp-switchyard', 'compiled'));
}
