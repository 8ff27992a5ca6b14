import { describe, expect, it } from 'vitest';
import type { InstrumentEntry } from '../../../src/main/observability/instrument-entry.ts';
import { INSTRUMENTS } from '../../../src/main/observability/instrument-table.ts';

const entries = Object.values(INSTRUMENTS) as readonly InstrumentEntry[];

describe('INSTRUMENTS', () => {
  it('the table of metrics contains each name exactly once', () => {
    expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
  });

  it.each(entries)('a metric has ascending buckets if it is a histogram, and otherwise none: $name', (entry) => {
    const buckets = 'buckets' in entry ? entry.buckets : [];
    expect(buckets.length > 0).toBe(entry.kind === 'histogram');
    expect(buckets).toEqual([...new Set(buckets)].sort((a, b) => a - b));
  });

  it.each(entries)('the name of the metric $name ends with the suffix for its kind and unit', ({ kind, name }) => {
    if (kind === 'counter') expect(name).toMatch(/_total$/);
    if (kind === 'histogram') expect(name).toMatch(/_seconds$|_size$/);
  });
});
