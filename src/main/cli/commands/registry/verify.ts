import type { RegistryFinding } from '../../../../shared/servers/registry-findings.ts';
import { runRegistryTask } from '../../../writer/registry-task.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, mark, print, printable } from '../../terminal/output.ts';
import { findingsFailure } from '../doctor/checks.ts';
import { isRegistryThere, type RegistryOptions, registryFile, storeBeside } from './open-registry.ts';

/** Checks the store and `servers.json` without changing them. Resolves with the exit code: 0 if no fault was found. */
export async function runRegistryVerify(options: RegistryOptions): Promise<number> {
  const path = registryFile(options);
  const findings = await look(path);
  const failure = findingsFailure(findings);
  if (options.json) answerJson({ path, store: storeBeside(path), findings }, failure);
  else print(findings.map(findingLine).join(''));
  return failure === null ? EXIT.ok : EXIT.failed;
}

async function look(path: string): Promise<readonly RegistryFinding[]> {
  if (!isRegistryThere(path)) return [nothingThere(path)];
  const reply = await runRegistryTask({ kind: 'check', path });
  return reply.kind === 'checked' ? reply.findings : [];
}

/** Creates the finding for a path at which there is no registry. */
export function nothingThere(path: string): RegistryFinding {
  return { check: 'store', outcome: 'note', subject: null, message: `there is no registry at ${path}` };
}

/** Formats one finding as a line. */
export function findingLine({ check, outcome, message }: RegistryFinding): string {
  return `${mark(outcome)} ${check.padEnd(9)} ${printable(message)}\n`;
}
