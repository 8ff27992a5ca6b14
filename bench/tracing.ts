/**
 * What does the trace of a call cost? A call that a gateway serves and sends on, with nothing but its tracing: the server
 * span, the span of the manager, the request with its `_meta`, the durations. Each way in processes of its own,
 * interleaved. `npm run bench -- tracing [--rounds N] [--calls N]`
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
