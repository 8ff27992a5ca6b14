import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorsPage } from '../../scripts/generate-docs.ts';

it('docs/errors.md says what the table of codes says', () => {
  expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorsPage());
});
