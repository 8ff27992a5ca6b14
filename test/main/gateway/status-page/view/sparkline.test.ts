import { describe, expect, it } from 'vitest';
import { CallLatencies } from '../../../../../src/main/gateway/call-latencies.ts';
import { latencyText, milliseconds, sparkline } from '../../../../../src/main/gateway/status-page/view/sparkline.ts';

function of(...calls: readonly (readonly [ms: number, isOk: boolean])[]) {
  const latencies = new CallLatencies();
  for (const [ms, isOk] of calls) latencies.record('a', ms, isOk);
  const view = latencies.of('a');
  if (view === null) throw new Error('Nothing was recorded');
  return view;
}

describe('sparkline', () => {
  it('the sparkline of call latencies runs from the first call to the last, with ticks for failures', () => {
    const drawn = sparkline(of([0, true], [10, false], [5, true])).toString();
    expect(drawn).toContain('<polyline points="3.0,21.0 54.0,3.0 105.0,12.0"/>');
    expect(drawn.match(/class="miss"/g)).toHaveLength(1);
    expect(drawn).toContain('<circle cx="105.0" cy="12.0" r="2"/>');
  });

  it('the sparkline of call latencies has an equivalent text description', () => {
    const view = of([0.4, true], [12, false], [1_234, true]);
    expect(latencyText(view)).toBe('The last 3 calls: median 12 ms, 95th percentile 1.2 s, slowest 1.2 s, 1 failed');
    expect(sparkline(view).toString()).toContain(`role="img" aria-label="${latencyText(view)}"`);
    expect(latencyText(of([3, true]))).toMatch(/^The last call: .* none failed$/);
  });

  it('the sparkline of call latencies contains no invalid number, even if all calls took no time', () => {
    for (const view of [of([0, true]), of([0, true], [0, true]), of([5, false])])
      expect(sparkline(view).toString()).not.toMatch(/NaN|Infinity/);
  });

  it.each([
    [0, '0 ms'],
    [0.42, '0.4 ms'],
    [9.96, '10 ms'],
    [994, '994 ms'],
    [996, '1.0 s'],
    [12_400, '12 s'],
  ])('a latency of %d ms is shown as %s', (ms, text) => {
    expect(milliseconds(ms)).toBe(text);
  });
});
