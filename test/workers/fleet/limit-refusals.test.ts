import { expect, it } from 'vitest';
import type { FleetEvent } from '../../../src/shared/protocol/fleet/fleet-messages.ts';
import { limitRefusals } from '../../../src/workers/fleet/limit-refusals.ts';

it('limitRefusals() passes on at most 20 refused records of each kind in 10 s, and every other event', () => {
  let now = 0;
  const passed: FleetEvent[] = [];
  const emit = limitRefusals(
    (event) => passed.push(event),
    () => now,
  );
  for (let index = 0; index < 1_000; index += 1) emit({ kind: 'refused', what: `sess:${index}`, why: 'garbage' });
  emit({ kind: 'refused', what: 'host:a', why: 'garbage' });
  emit({ kind: 'roster', hosts: [], count: 0 });
  expect(passed.map(({ kind }) => kind)).toEqual([...Array.from({ length: 21 }, () => 'refused'), 'roster']);
  now = 10_000;
  emit({ kind: 'refused', what: 'sess', why: 'garbage' });
  expect(passed).toHaveLength(23);
});
