/**
 * What does the trace of a call cost?
 * Measures only the tracing of a call that a gateway serves and forwards. That is the server span, the span of the
 * manager, the request with its `_meta`, and the durations. Each way runs in its own processes, interleaved.
 * `npm run bench -- tracing [--rounds N] [--calls N]`
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
