import { expect, it } from 'vitest';
import { HopReports } from '../../../../src/main/gateway/replicas/hop-reports.ts';
import { recordingLogger } from '../../../helpers/log.ts';

it('rejected requests between replicas are logged once per minute and reason, with the number of repetitions', () => {
  const logger = recordingLogger();
  let now = 0;
  const reports = new HopReports(logger, () => now);
  for (let count = 0; count < 1_000; count += 1) reports.refused('it has no proof');
  reports.refused('it was taken before');
  expect(logger.lines).toHaveLength(2);
  now = 60_001;
  reports.refused('it has no proof');
  expect(logger.lines.at(-1)).toMatchObject({ message: expect.stringContaining('(999 more like this before)') });
});
