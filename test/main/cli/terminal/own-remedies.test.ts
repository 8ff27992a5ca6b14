import { expect, it } from 'vitest';
import { remedyOf } from '../../../../src/main/cli/terminal/output.ts';
import { ERROR_CODES, type ErrorCode } from '../../../../src/shared/error-codes.ts';

/** Fields of entries and errors, not library options. CLI users see them in files or in `--json` output. */
const NOT_OPTIONS = new Set(['`detail.retryAfterMs`', '`oauth.clientId`', '`fleet.quotasWithout`', '`generatedAt`']);

it.each(Object.keys(ERROR_CODES) as ErrorCode[])(
  'the remedy that the CLI shows for %s names no library option and no function',
  (code) => {
    const named = remedyOf(code).match(/`[^`\s]*(?:[a-z][A-Z]|\(\))[^`\s]*`/g) ?? [];
    expect(named.filter((name) => !NOT_OPTIONS.has(name))).toEqual([]);
  },
);
