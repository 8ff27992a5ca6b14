/** `npm run bench [-- NAME …]`: runs the named benchmarks, or all of them. */
import { readdirSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { run } from '../scripts/run-command.ts';

const folder = new URL('.', import.meta.url);
const all = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
const unknown = wanted.filter((name) => !all.includes(name));

if (unknown.length > 0) {
  process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${all.join(', ')}.\n`);
  process.exitCode = 2;
} else {
  process.stdout.write(
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString()}\n`,
  );
  run('git', ['log', '-1', '--format=commit %h']);
  for (const name of wanted) {
    process.stdout.write(`\n== ${name}\n`);
    if (!run(process.execPath, [new URL(`${name}.ts`, folder).pathname])) process.exitCode = 1;
  }
}
