#!/usr/bin/env node
// No static import here, not even of our own: what follows would not even load on an older Node.
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`mcp-switchyard needs Node.js ${OLDEST_NODE} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  // A reader that has seen enough (`| head`) is no failure; a full disk is one.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.stderr.write(`mcp-switchyard: cannot write the result: ${error.message}\n`);
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  // Whoever read what is said may have gone; the work goes on.
  process.stderr.on('error', () => {});
  const { keepCompiled } = await import('./terminal/keep-compiled.ts');
  keepCompiled();
  const { runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(process.argv.slice(2));
  const { endIfStuck } = await import('./terminal/end-if-stuck.ts');
  endIfStuck();
}
