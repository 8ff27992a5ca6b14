import { expect, it } from 'vitest';
import { isAtLeast, isLogLevel, leastOf, withLogger } from '../../../../src/main/gateway/messages/log-message.ts';

it('isLogLevel accepts the levels of MCP and nothing else', () => {
  expect(['debug', 'emergency', 'Debug', 7, undefined].map(isLogLevel)).toEqual([true, true, false, false, false]);
});

it('isAtLeast compares severity, and lets an unknown level through', () => {
  expect(['error', 'info', 'debug', 'odd'].map((level) => isAtLeast(level, 'info'))).toEqual([true, true, false, true]);
});

it('leastOf returns the least severe level, or null if there is none', () => {
  expect([leastOf(['error', 'info']), leastOf([])]).toEqual(['info', null]);
});

it('withLogger puts the connector before the logger that a message names', () => {
  expect(withLogger({ data: 1, logger: 'db' }, 'a')).toEqual({ data: 1, logger: 'a/db' });
  expect(withLogger({ data: 1 }, 'a')).toEqual({ data: 1, logger: 'a' });
  expect(withLogger({ data: 1 }, null)).toEqual({ data: 1 });
});
