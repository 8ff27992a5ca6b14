import { describe, expect, it } from 'vitest';
import { reportUnusable, shownUnusable, usableDelta } from '../../../src/main/service-map/unusable-entries.ts';
import { recordingLogger } from '../../helpers/log.ts';

const because = (...ids: readonly string[]) => new Map(ids.map((id) => [id, `${id} is bad`]));
const NONE = because();

describe('usableDelta()', () => {
  const delta = { added: ['a', 'b'], changed: ['c', 'd', 'e', 'f'], removed: ['g', 'h'], unchangedCount: 9 };

  it('usableDelta() returns the same delta if every entry is usable', () => {
    expect(usableDelta(delta, NONE, NONE)).toBe(delta);
  });

  it('usableDelta() treats newly unusable entries as removed, and entries that are usable again as added', () => {
    expect(usableDelta(delta, because('d', 'e', 'h'), because('b', 'c', 'e'))).toEqual({
      added: ['a', 'd'],
      changed: ['f'],
      removed: ['g', 'c'],
      unchangedCount: 9,
    });
  });
});

it('reportUnusable() logs each reason once, and names at most 20 entries', () => {
  const logger = recordingLogger();
  expect(reportUnusable(logger, NONE, because('a'))).toBe(true);
  expect(reportUnusable(logger, because('a'), because('a'))).toBe(false);
  expect(reportUnusable(logger, because('a'), because('a', ...Array.from({ length: 25 }, (_, i) => `c${i}`)))).toBe(
    true,
  );
  expect(logger.lines).toHaveLength(1 + 20 + 1);
  expect(logger.lines[0]).toMatchObject({ fields: { code: 'MAP_ENTRY_UNUSABLE', connectorId: 'a' } });
});

it('shownUnusable() names the first 100 unusable entries, and counts all of them', () => {
  const shown = shownUnusable(because(...Array.from({ length: 250 }, (_, i) => `c${i}`)));
  expect([shown.unusableEntries.length, shown.unusableEntryCount]).toEqual([100, 250]);
});
