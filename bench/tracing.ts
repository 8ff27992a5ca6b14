/**
 * How much time does the trace of a call take? Measures only the tracing of a call that a gateway serves and forwards:
 * the server span, the span of the manager, the request with its `_meta`, and the durations. Each kind of tracing runs
 * in separate processes, alternately with the others. `npm run bench -- tracing [--rounds N] [--calls N]`
 */
import { runParts } from './support/run-parts.ts';
import { measureTracing } from './tracing/measure.ts';

await runParts(
  {
    name: 'tracing',
    question: 'What does the trace of a call cost?',
    options: { rounds: { type: 'string', default: '5' }, calls: { type: 'string', default: '20000' } },
  },
  ({ rounds, calls }) => ({
    call: (tell) => measureTracing({ rounds: Number(rounds), calls: Number(calls) }, tell),
  }),
);
