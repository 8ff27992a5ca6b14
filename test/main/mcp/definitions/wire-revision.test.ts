import { expect, it } from 'vitest';
import { wireRevisionOf } from '../../../../src/main/mcp/definitions/wire-revision.ts';

it.each([
  [null, '2025-03-26'],
  ['2024-10-07', '2025-03-26'],
  ['2024-11-05', '2025-03-26'],
  ['2025-03-26', '2025-03-26'],
  ['2025-06-18', '2025-06-18'],
  ['2025-11-25', '2025-11-25'],
  ['2026-01-01', '2025-11-25'],
  ['2026-07-28', '2026-07-28'],
])('wireRevisionOf() maps the protocol version %s to the revision %s', (version, revision) =>
  expect(wireRevisionOf(version)).toBe(revision),
);
