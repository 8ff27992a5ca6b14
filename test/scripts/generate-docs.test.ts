import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorsPage, metricsPage } from '../../scripts/generate-docs.ts';

it.each([
  ['docs/errors.md', errorsPage],
  ['docs/metrics.md', metricsPage],
])('the generated page %s matches the table in the source code', (path, render) => {
  expect(readFileSync(path, 'utf8')).toBe(render());
});
