import type { FaultCase } from './case.ts';
import { diskCases } from './disks.ts';
import { errorCases } from './errors.ts';
import { flipCases } from './flips.ts';
import { killCases } from './kills.ts';
import { loginCases } from './logins.ts';
import { obstacleCases } from './obstacles.ts';
import { pauseCases } from './pauses.ts';
import { powerCutCases } from './power-cuts.ts';
import { repairCases } from './repairs.ts';

/** Every case. The cases with the longest waits come first, so that the other cases run meanwhile. */
export const allCases: readonly FaultCase[] = [
  ...pauseCases,
  ...diskCases,
  ...errorCases,
  ...killCases,
  ...repairCases,
  ...flipCases,
  ...powerCutCases,
  ...obstacleCases,
  ...loginCases,
];
