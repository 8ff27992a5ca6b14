import { systemClock } from '../../../shared/clock.ts';
import { type EarlyClient, FirstClient } from './first-client.ts';
import { readFirstAnswers } from './read-first-answers.ts';

/** The streams of a process, and what it was started with. */
export interface EarlyProcess {
  readonly argv: readonly string[];
  readonly bin: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream & { readonly writableLength: number };
}

/**
 * Begins to answer the client of `serve --stdio` from the first answers of an earlier run. Null where there are none
 * that hold; nothing was read from the client then.
 */
export function answerFirst({ argv, bin, stdin, stdout }: EarlyProcess): EarlyClient | null {
  // Who watches this process with an OpenTelemetry of its own wants to see every request served.
  if (Object.getOwnPropertySymbols(globalThis).some(({ description }) => description?.startsWith('opentelemetry.js.')))
    return null;
  const facts = { argv, bin, cwd: process.cwd(), env: process.env };
  const answers = readFirstAnswers(facts, systemClock.now());
  return answers === null ? null : new FirstClient(answers, stdin, stdout);
}
