/**
 * `npm run bench [-- NAME … [OPTIONS]]`: runs the named benchmarks, or all benchmarks, and passes the options to each
 * of them.
 */
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { run } from '../scripts/run-command.ts';

const folder = new URL('.', import.meta.url);
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length));
const given = process.argv.slice(2);
const firstOption = given.findIndex((argument) => argument.startsWith('-'));
const names = firstOption < 0 ? given : given.slice(0, firstOption);
const options = firstOption < 0 ? [] : given.slice(firstOption);
const wanted = names.length > 0 ? names : all;
const unknown = wanted.filter((name) => !all.includes(name));

if (unknown.length > 0) {
  process.stderr.write(`Unknown benchmark: ${unknown.join(', ')}. Available: ${all.join(', ')}.\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString()}\n`,
  );
  run('git', ['log', '-1', '--format=commit %h']);
  for (const name of wanted) {
    process.stdout.write(`\n== ${name}\n`);
    if (!run(process.execPath, [new URL(`${name}.ts`, folder).pathname, ...options])) process.exitCode = 1;
  }
}
