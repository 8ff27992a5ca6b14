import { EXIT, print, printJson } from '../../terminal/output.ts';
import { findingLine } from '../doctor/checks.ts';
import { fleetFindings } from './fleet-findings.ts';
import { type FleetCommandOptions, withFleetOf } from './join-fleet.ts';

/**
 * Checks whether a server does what a fleet needs, and says what to do. Resolves with the exit code: 0 if nothing
 * failed.
 */
export async function runFleetCheck(options: FleetCommandOptions): Promise<number> {
  const findings = await withFleetOf(options, fleetFindings);
  const isGood = findings.every(({ outcome }) => outcome !== 'failed');
  if (options.json) printJson({ ok: isGood, findings });
  else print(findings.map(findingLine).join(''));
  return isGood ? EXIT.ok : EXIT.failed;
}
