import { describe, expect, it } from 'vitest';
import { namesModern, textNamesModern } from '../../../../../src/main/connectors/messages/http/modern-evidence.ts';

const ECHO = 'Bad Request: Unsupported protocol version: 2026-07-28 (supported versions: 2025-11-25, 2025-06-18)';

describe('namesModern', () => {
  it.each([
    [
      'true for the code -32022 with a supported version',
      { code: -32_022, message: '', data: { supported: ['2026-07-28'] } },
      true,
    ],
    [
      'true for the code -32022 with a later version',
      { code: -32_022, message: '', data: { supported: ['2027-01-01'] } },
      true,
    ],
    ['true for the code -32022 without a list of versions', { code: -32_022, message: 'no', data: undefined }, true],
    [
      'false for the code -32022 with only older versions',
      { code: -32_022, message: '', data: { supported: ['2025-11-25'] } },
      false,
    ],
    [
      'true for another code with a supported version',
      { code: -32_600, message: '', data: { supported: ['2026-07-28'] } },
      true,
    ],
    [
      'false for a legacy SDK that repeats the requested version',
      { code: -32_000, message: ECHO, data: undefined },
      false,
    ],
    ['false for an unknown method', { code: -32_601, message: 'Method not found', data: undefined }, false],
  ])('for an error response to server/discover, namesModern() returns %s', (_, error, expected) => {
    expect(namesModern('server/discover', error)).toBe(expected);
  });
});

describe('textNamesModern', () => {
  it.each([
    ['server/discover', ECHO, false],
    ['server/discover', 'Protocol version not supported: 2026-07-28', false],
    ['server/discover', 'Bad header. Supported versions: 2026-07-28', true],
    ['initialize', 'Unsupported protocol version 2025-11-25; this server speaks 2026-07-28', true],
    ['initialize', 'Bad Request', false],
  ])('after the request %s, textNamesModern() for the response "%s" returns %s', (step, text, expected) => {
    expect(textNamesModern(step, text)).toBe(expected);
  });
});
