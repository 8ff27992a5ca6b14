import { describe, expect, it } from 'vitest';
import { relativeTime } from '../../../../../src/main/gateway/status-page/view/instants.ts';

describe('relativeTime', () => {
  it.each([
    [0, 'now'],
    [-12_000, '12 s ago'],
    [-119_000, '119 s ago'],
    [-121_000, '2 min ago'],
    [3 * 3_600_000, 'in 3 h'],
    [-5 * 86_400_000, '5 days ago'],
  ])('relativeTime() formats %d ms from now as %s', (offsetMs, text) => {
    expect(relativeTime(1_000_000_000 + offsetMs, 1_000_000_000)).toBe(text);
  });

  it('relativeTime() depends on no other code, so its source text works in a browser', () => {
    const again = new Function(`return ${relativeTime.toString()}`)() as typeof relativeTime;
    expect(again(0, 12_000)).toBe('12 s ago');
  });
});
