import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Section } from '../../src/main/cli/bench/report-figures.ts';
import { tableOf } from '../../src/main/cli/commands/bench.ts';
import { circumstances, writeReport } from './report.ts';

type Tell = (section: Section) => void;
type Values = Readonly<Record<string, string | undefined>>;

export interface Benchmark {
  readonly name: string;
  readonly question: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
}

/**
 * Runs all parts of a benchmark or, with `--only`, the listed parts. Prints each section when it is done, and writes
 * the report at the end. Then ends the process.
 */
export async function runParts(
  { name, question, options }: Benchmark,
  partsOf: (values: Values) => Readonly<Record<string, (tell: Tell) => Promise<void>>>,
): Promise<void> {
  const values = parseArgs({ options: { ...options, only: { type: 'string' } } }).values as Values;
  const parts = partsOf(values);
  const wanted = values.only?.split(',') ?? Object.keys(parts);
  const unknown = wanted.filter((part) => !Object.hasOwn(parts, part));
  if (unknown.length > 0) {
    process.stderr.write(`Unknown part: ${unknown.join(', ')}. Available: ${Object.keys(parts).join(', ')}.\n`);
    process.exit(2);
  }
  const facts = circumstances(name, question);
  const sections: Section[] = [];
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  for (const part of wanted) {
    await parts[part]?.((section) => {
      sections.push(section);
      process.stdout.write(tableOf(section));
    });
  }
  process.stdout.write(`\nWritten: ${writeReport({ ...facts, sections })}.json, .csv and .html\n`);
  process.exit();
}
