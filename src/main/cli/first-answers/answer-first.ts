import { systemClock } from '../../../shared/clock.ts';
import { type EarlyClient, FirstClient } from './first-client.ts';
import { readFirstAnswers } from './read-first-answers.ts';

/** Streams of a process, and the arguments that it was started with. */
export interface EarlyProcess {
  readonly argv: readonly string[];
  readonly bin: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream & { readonly writableLength: number };
}

/**
 * Starts to answer the client of `serve --stdio` from the first answers of an earlier run. Returns null without valid
 * first answers; in that case, nothing was read from the client.
 */
export function answerFirst({ argv, bin, stdin, stdout }: EarlyProcess): EarlyClient | null {
  // With OpenTelemetry in this process, every request must be served by the gateway, which creates the span of the
  // request.
  if (Object.getOwnPropertySymbols(globalThis).some(({ description }) => description?.startsWith('opentelemetry.js.')))
    return null;
  const facts = { argv, bin, cwd: process.cwd(), env: process.env };
  const answers = readFirstAnswers(facts, systemClock.now());
  return answers === null ? null : new FirstClient(answers, stdin, stdout);
}
