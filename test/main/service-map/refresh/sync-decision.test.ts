import { describe, expect, it } from 'vitest';
import { decideSync, rejectsOnFailure } from '../../../../src/main/service-map/refresh/sync-decision.ts';

describe('decideSync', () => {
  it.each([
    ['fresh', false, 'open', 'serve'],
    ['fresh', false, 'paused', 'serve'],
    ['fresh', true, 'closed', 'ask'],
    ['fresh', true, 'paused', 'serve-stale'],
    ['fresh', true, 'open', 'reject'],
    ['stale', false, 'closed', 'ask'],
    ['stale', false, 'half-open', 'ask'],
    ['stale', false, 'open', 'serve-stale'],
    ['stale', true, 'open', 'reject'],
    ['stale', true, 'paused', 'serve-stale'],
    ['none', false, 'closed', 'ask'],
    ['none', false, 'half-open', 'ask'],
    ['none', false, 'open', 'reject'],
    ['none', false, 'paused', 'reject'],
  ] as const)(
    'decideSync() decides for a map with the freshness %s (forced: %s, circuit: %s): %s',
    (cached, forced, gate, decision) => {
      expect(decideSync(cached, forced, gate)).toBe(decision);
    },
  );
});

describe('rejectsOnFailure', () => {
  it.each([
    ['none', false, false, true],
    ['stale', false, true, false],
    ['stale', true, false, false],
    ['stale', true, true, true],
    ['fresh', true, true, true],
  ] as const)(
    'after a failed refresh, a sync for a map with the freshness %s (forced: %s, circuit opened: %s) rejects: %s',
    (cached, forced, opened, rejects) => {
      expect(rejectsOnFailure(cached, forced, opened)).toBe(rejects);
    },
  );
});
