import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, print } from '../../terminal/output.ts';
import { findingLine, findingsFailure } from '../doctor/checks.ts';
import { fleetFindings } from './fleet-findings.ts';
import { type FleetCommandOptions, withFleetOf } from './join-fleet.ts';

/**
 * Checks whether a Redis or Valkey server can be used for a fleet, and says how to mend what does not work. Resolves
 * with the exit code: 0 if no check failed.
 */
export async function runFleetCheck(options: FleetCommandOptions): Promise<number> {
  const findings = await withFleetOf(options, fleetFindings);
  const failure = findingsFailure(findings);
  if (options.json) answerJson({ findings }, failure);
  else print(findings.map(findingLine).join(''));
  return failure === null ? EXIT.ok : EXIT.failed;
}
