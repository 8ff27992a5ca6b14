/**
 * `npm run fuzz`: fuzzes all targets in test/fuzz/targets one after the other, for one hour in total, guided by the
 * block coverage of V8. Exits with 1 if an input broke a rule. `--help` lists the options.
 */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addToCorpus, inputToLine, lineToInput } from '../test/fuzz/engine/corpus-file.ts';
import { type FuzzResult, fuzzInThread } from '../test/fuzz/engine/fuzz-thread.ts';
import { runAlone } from '../test/fuzz/engine/run-alone.ts';

const HELP = `npm run fuzz -- [OPTION]…

  --seconds N     time for all targets together; 3600 by default
  --target NAME   only this target; may be given several times
  --seed N        a run with the same seed and the same corpus tries the same inputs; chosen at random by default
  --keep          adds minimised inputs that reach new code, and inputs that broke a rule, to test/fuzz/corpus
  --input JSON    runs one input, as a report prints it, and nothing else; needs one --target
  --json          prints one JSON document instead of text
  --help
`;

const TARGETS = new URL('../test/fuzz/targets/', import.meta.url);
const NAMES = readdirSync(TARGETS).map((file) => file.replace(/\.ts$/, ''));

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3600' },
    target: { type: 'string', multiple: true, default: NAMES },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 0x1_0000_0000)) },
    keep: { type: 'boolean', default: false },
    input: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const seconds = Number(options.seconds);
const seed = Number(options.seed);
const names = options.target;
const unknown = names.filter((name) => !NAMES.includes(name));

if (options.help) process.stdout.write(HELP);
else if (unknown.length > 0) refuse(`Unknown targets: ${unknown.join(', ')}. The targets are ${NAMES.join(', ')}.`);
else if (!(seconds > 0)) refuse('--seconds must be a number above 0.');
else if (!Number.isSafeInteger(seed) || seed < 0) refuse('--seed must be a whole number.');
else if (options.input !== undefined) await runOne(options.input);
else await fuzzAll();

async function fuzzAll(): Promise<void> {
  say(`seed ${seed}, ${seconds} s, ${names.length} targets\n`);
  const results: Record<string, FuzzResult> = {};
  for (const name of names) {
    const result = await fuzzInThread(urlOf(name), { seed, seconds: seconds / names.length, keeps: options.keep });
    results[name] = result;
    report(name, result);
    if (options.keep) keep(name, result);
  }
  const findings = Object.values(results).reduce((sum, { found }) => sum + found.length, 0);
  if (options.json)
    process.stdout.write(`${JSON.stringify({ seed, seconds, findings, targets: asJson(results) }, null, 2)}\n`);
  else say(`\n${findings} findings\n`);
  process.exitCode = findings === 0 ? 0 : 1;
}

/** Runs a target with one input in this process, so that a debugger can be attached. */
async function runOne(line: string): Promise<void> {
  const [name, ...others] = names;
  if (name === undefined || others.length > 0) return refuse('--input needs exactly one --target.');
  const finding = await runAlone(urlOf(name), lineToInput(line));
  process.stdout.write(finding === null ? 'This input breaks no rule.\n' : `${finding.kind}: ${finding.message}\n`);
  for (const frame of finding?.frames ?? []) process.stdout.write(`  ${frame}\n`);
  process.exitCode = finding === null ? 0 : 1;
}

function report(name: string, { executions, seconds: took, corpus, blocksAtStart, blocks, found }: FuzzResult): void {
  const rate = Math.round(executions / took);
  say(
    `${name}: ${executions} inputs, ${rate}/s, blocks ${blocksAtStart} → ${blocks}, corpus ${corpus}, findings ${found.length}\n`,
  );
  for (const { kind, message, frames, input } of found) {
    say(`\n  ${kind}: ${message}\n`);
    for (const frame of frames) say(`    ${frame}\n`);
    say(`  again: npm run fuzz -- --target ${name} --input '${inputToLine(input).replaceAll("'", "'\\\\''")}'\n\n`);
  }
}

function keep(name: string, { fresh, found }: FuzzResult): void {
  for (const input of fresh) addToCorpus(name, input);
  for (const { kind, message, input } of found) if (kind === 'error') addToCorpus(name, input, message);
}

function asJson(results: Readonly<Record<string, FuzzResult>>): object {
  return Object.fromEntries(
    Object.entries(results).map(([name, { found, fresh, ...figures }]) => {
      const findings = found.map(({ input, ...finding }) => ({ ...finding, input: inputToLine(input) }));
      return [name, { ...figures, kept: fresh.length, findings }];
    }),
  );
}

function urlOf(name: string): string {
  return new URL(`${name}.ts`, TARGETS).href;
}

function say(text: string): void {
  if (!options.json) process.stdout.write(text);
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 2;
}
