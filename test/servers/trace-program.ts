/**
 * Starts a command and logs every line in both directions: `node trace-program.ts LOG COMMAND ARGS…`. The log shows why
 * a server does not come up.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const [log = '', command = '', ...args] = process.argv.slice(2);
const LINE_LENGTH = 400;

function note(what: string): void {
  const ms = performance.now().toFixed(0).padStart(6);
  appendFileSync(log, `${ms} ${what}\n`);
}

/** Returns a listener that logs each line of a stream after `mark`. */
function watch(mark: string): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) note(`${mark} ${line.slice(0, LINE_LENGTH)}`);
  };
}

const child = spawn(command, args, { stdio: 'pipe' });
note(`started ${child.pid}`);
for (const [mark, from, to] of [
  ['>', process.stdin, child.stdin],
  ['<', child.stdout, process.stdout],
  ['!', child.stderr, process.stderr],
] as const) {
  from.on('data', watch(mark));
  from.pipe(to);
  to.on('error', () => {});
}
process.stdin.on('end', () => note('> end of input'));
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    note(`> ${signal}`);
    child.kill(signal);
  });
}
child.on('exit', (code, signal) => {
  note(`exited with ${code ?? signal}`);
  process.exitCode = code ?? 1;
  process.stdin.destroy();
});
