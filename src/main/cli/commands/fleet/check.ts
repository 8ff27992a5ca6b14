import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print } from '../../terminal/output.ts';
import { findingLine, findingsFailure } from '../doctor/checks.ts';
import { fleetFindings } from './fleet-findings.ts';
import { type FleetCommandOptions, withFleetOf } from './join-fleet.ts';

/**
 * Checks whether a server does what a fleet needs, and says what to do. Resolves with the exit code: 0 if nothing
 * failed.
 */
export async function runFleetCheck(options: FleetCommandOptions): Promise<number> {
  const findings = await withFleetOf(options, fleetFindings);
  const failure = findingsFailure(findings);
  if (options.json) answerJson({ findings }, failure);
  else print(findings.map(findingLine).join(''));
  return failure === null ? EXIT.ok : EXIT.failed;
}
