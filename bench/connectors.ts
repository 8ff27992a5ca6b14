/**
 * How fast do connectors come up, how fast are their calls, and do they stay up? Against the official SDK's client, used directly, and against the peers, in the same
 * run and interleaved. `npm run bench -- connectors [--only cold,calls,steady,chaos,soak] [--rounds N] [--no-peers] [--seconds N] [--cycles N] [--seed N]`
 */
import { parseArgs } from 'node:util';
import { measureCalls, measureSteady } from './connectors/calls.ts';
import { measureChaos } from './connectors/chaos.ts';
import { measureColdStarts } from './connectors/cold.ts';
import { installPeers } from './connectors/peers.ts';
import { measureSoak } from './connectors/soak.ts';
import { circumstances, tableOf, writeReport } from './support/report.ts';
import type { Section } from './support/report-figures.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'cold,calls,steady,chaos,soak' },
    rounds: { type: 'string' },
    'no-peers': { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    cycles: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
const rounds = (usual: number): number => Number(values.rounds ?? usual);

const sections: Section[] = [];
const tell = (section: Section): void => {
  sections.push(section);
  process.stdout.write(tableOf(section));
};

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  cold: async () => measureColdStarts({ rounds: rounds(10), withPeers: !values['no-peers'] && installPeers() }, tell),
  calls: () => measureCalls(rounds(5), tell),
  steady: () => measureSteady(rounds(3), tell),
  chaos: () => measureChaos({ seconds: Number(values.seconds), seed: Number(values.seed) }, tell),
  soak: () => measureSoak(Number(values.cycles), tell),
};

const wanted = values.only.split(',');
const unknown = wanted.filter((part) => !Object.hasOwn(PARTS, part));
if (unknown.length > 0) {
  process.stderr.write(`There is no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}.\n`);
  process.exitCode = 2;
} else {
  const question = 'How fast do connectors come up, how fast are their calls, and do they stay up?';
  const facts = circumstances('connectors', question);
  process.once('SIGINT', () => process.exit(130));
  for (const part of wanted) await PARTS[part]?.();
  const path = writeReport({ ...facts, sections });
  process.stdout.write(`\nWritten: ${path}.json, .csv and .html\n`);
  process.exit();
}
