import { percentile } from '../../src/main/cli/bench/report-figures.ts';
import { seededRandom } from './seeded-random.ts';

const RESAMPLES = 10_000;

/**
 * Returns the upper bound of the one-sided 95 % confidence interval of the mean (bootstrap percentile method, Efron
 * 1979).
 */
export function upperBoundOfMean(samples: readonly number[], seed = 1): number {
  const random = seededRandom(seed);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let drawn = 0; drawn < samples.length; drawn += 1)
      sum += samples[Math.floor(random() * samples.length)] ?? Number.NaN;
    return sum / samples.length;
  });
  return percentile(means, 0.95);
}
