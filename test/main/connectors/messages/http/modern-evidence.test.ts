import { describe, expect, it } from 'vitest';
import { namesModern, textNamesModern } from '../../../../../src/main/connectors/messages/http/modern-evidence.ts';

const ECHO = 'Bad Request: Unsupported protocol version: 2026-07-28 (supported versions: 2025-11-25, 2025-06-18)';

describe('namesModern', () => {
  it.each([
    ['-32022 with a supported version', { code: -32_022, message: '', data: { supported: ['2026-07-28'] } }, true],
    ['-32022 with a later version', { code: -32_022, message: '', data: { supported: ['2027-01-01'] } }, true],
    ['-32022 without a list', { code: -32_022, message: 'no', data: undefined }, true],
    ['-32022 with only older versions', { code: -32_022, message: '', data: { supported: ['2025-11-25'] } }, false],
    [
      'another code that lists a supported version',
      { code: -32_600, message: '', data: { supported: ['2026-07-28'] } },
      true,
    ],
    ['the echo of a legacy SDK', { code: -32_000, message: ECHO, data: undefined }, false],
    ['an unknown method', { code: -32_601, message: 'Method not found', data: undefined }, false],
  ])('namesModern() evaluates %s as a response to server/discover', (_, error, expected) => {
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
  ])('textNamesModern() evaluates, after the request %s, the response "%s"', (step, text, expected) => {
    expect(textNamesModern(step, text)).toBe(expected);
  });
});
