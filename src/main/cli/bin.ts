#!/usr/bin/env node
// No static import here, not even of our own: what follows would not even load on an older Node.
const OLDEST_NODE = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(`switchyard needs Node.js ${OLDEST_NODE} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  const { runCli } = await import('./run-cli.ts');
  process.exitCode = await runCli(process.argv.slice(2));
}
