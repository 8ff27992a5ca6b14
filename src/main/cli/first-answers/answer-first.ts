import { systemClock } from '../../../shared/clock.ts';
import { type EarlyClient, FirstClient } from './first-client.ts';
import { readFirstAnswers } from './read-first-answers.ts';

/** The arguments, the script and the standard streams of a process. */
export interface EarlyProcess {
  readonly argv: readonly string[];
  readonly bin: string;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream & { readonly writableLength: number };
}

/**
 * Starts to answer the client of `serve --stdio` with responses that an earlier run has stored (the first answers).
 * Returns null, and reads nothing from the client, if there are no valid first answers.
 */
export function answerFirst({ argv, bin, stdin, stdout }: EarlyProcess): EarlyClient | null {
  // If OpenTelemetry is active in this process, the gateway must handle all requests, because only the gateway creates
  // spans.
  if (Object.getOwnPropertySymbols(globalThis).some(({ description }) => description?.startsWith('opentelemetry.js.')))
    return null;
  const facts = { argv, bin, cwd: process.cwd(), env: process.env };
  const answers = readFirstAnswers(facts, systemClock.now());
  return answers === null ? null : new FirstClient(answers, stdin, stdout);
}
