import type { RegistryFinding, RegistryRepair } from '../../../../shared/servers/registry-findings.ts';
import { runRegistryTask } from '../../../writer/registry-task.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, type Failure, failureFrom, mark, print, printable } from '../../terminal/output.ts';
import { isRegistryThere, type RegistryOptions, registryFile } from './open-registry.ts';
import { findingLine, nothingThere } from './verify.ts';

/**
 * Repairs the store and `servers.json` where possible, and reports what could not be repaired. Resolves with the exit
 * code: 0 if no server was lost and no fault remains.
 */
export async function runRegistryRepair(options: RegistryOptions): Promise<number> {
  const path = registryFile(options);
  const repair = await mend(path);
  const failure = repair === null ? null : unrepaired(repair);
  if (options.json) answerJson({ path, ...(repair ?? { mended: [], lost: [], left: [], backups: [] }) }, failure);
  else print(repair === null ? findingLine(nothingThere(path)) : textOf(repair));
  return failure === null ? EXIT.ok : EXIT.failed;
}

/** Returns one failure for all lost servers and remaining faults; null if everything was repaired. */
function unrepaired({ lost, left }: RegistryRepair): Failure | null {
  const [first] = [...lost, ...left];
  if (first === undefined) return null;
  const message = `${lost.length} lost, ${left.length} not repaired, first: ${first.check}: ${first.message}`;
  return failureFrom({ code: 'CHECK_FAILED', message }, { check: first.check, failedCount: lost.length + left.length });
}

async function mend(path: string): Promise<RegistryRepair | null> {
  if (!isRegistryThere(path)) return null;
  const reply = await runRegistryTask({ kind: 'repair', path });
  return reply.kind === 'repaired' ? reply.repair : null;
}

function textOf({ mended, lost, left, backups }: RegistryRepair): string {
  const lines = (word: string, outcome: 'ok' | 'failed', findings: readonly RegistryFinding[]): string[] =>
    findings.map(({ check, message }) => `${mark(outcome)} ${word.padEnd(7)} ${check.padEnd(9)} ${printable(message)}`);
  const all = [
    ...lines('mended', 'ok', mended),
    ...lines('lost', 'failed', lost),
    ...lines('left', 'failed', left),
    ...backups.map((backup) => `${mark('note')} the damaged data is kept as ${printable(backup)}`),
  ];
  return all.length === 0 ? `${mark('ok')} there is nothing to repair\n` : all.map((line) => `${line}\n`).join('');
}
