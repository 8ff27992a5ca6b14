import { expect, it } from 'vitest';
import { keepTraceForLater, traceBelow, traces } from '../../../../src/main/observability/telemetry/current-trace.ts';

it('a shared timer runs the work of each call in the trace of that call', () => {
  const trace = traceBelow(undefined, { operation: 'call', attributes: {} }, false);
  const [inTrace, outside] = [traces.run(trace, keepTraceForLater), traces.exit(keepTraceForLater)];
  const seen: unknown[] = [];
  const look = (): void => void seen.push(traces.getStore());
  traces.exit(() => {
    inTrace(look);
    outside(look);
  });
  expect(seen).toEqual([trace, undefined]);
});
