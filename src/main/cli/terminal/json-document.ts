import { EXIT, type Failure, failureFrom, failureLine, failureOf, printableJson, say } from './output.ts';

/** Fields of a JSON document, without `ok` and `error`, which are added when the document is printed. */
export type Members = Readonly<Record<string, unknown>> & { readonly ok?: never; readonly error?: never };

/**
 * The field `error` of a JSON document. If the arguments of a tool are wrong, `problems` lists what is wrong with them.
 */
interface ShownFailure extends Failure {
  readonly problems?: readonly object[];
}

/** The result of the running command, for the document of `--json`. */
interface Answer {
  readonly members: Members;
  readonly failure: ShownFailure | null;
}

let answer: Answer | null = null;
let isPrinted = false;

/** Errors for exit codes that come from a signal or a stuck thread, and not from a command. */
const ENDED_BY: ReadonlyMap<number, readonly [string, string]> = new Map([
  [130, ['CLOSED', 'SIGINT ended the command before it had its result.']],
  [143, ['CLOSED', 'SIGTERM ended the command before it had its result.']],
  [EXIT.killed, ['WORKER_STUCK', 'A worker thread does not end, so the process is killed.']],
]);

/** Clears the result, in case the same process has run another command before. */
export function startAnswer(): void {
  answer = null;
  isPrinted = false;
}

/**
 * Sets the result of the command: the fields of its `--json` document, and the failure if there is one. {@link
 * printAnswer} prints the document when the command ends.
 */
export function answerJson(members: Members, failure: ShownFailure | null = null): void {
  answer = { members, failure };
}

/**
 * Prints a successful result immediately, as a single line, for a command that keeps running. No other document is
 * printed when the command ends.
 */
export function announceJson(members: Members): void {
  isPrinted = true;
  process.stdout.write(`${JSON.stringify({ ok: true, ...members })}\n`);
}

/**
 * Prints the JSON document of a command that ends with this exit code. `ok` is true if the exit code is 0; if not, the
 * document has an `error`. Prints nothing if {@link announceJson} has printed a document, or if the command succeeded
 * without a result, such as `--help`.
 */
export function printAnswer(exitCode: number): void {
  if (isPrinted || (answer === null && exitCode === EXIT.ok)) return;
  isPrinted = true;
  const { members, failure } = answer ?? { members: {}, failure: null };
  const envelope = exitCode === EXIT.ok ? { ok: true } : { ok: false, error: failure ?? failureBehind(exitCode) };
  process.stdout.write(`${printableJson({ ...envelope, ...members })}\n`);
}

function failureBehind(exitCode: number): Failure {
  const [code, message] = ENDED_BY.get(exitCode) ?? ['INTERNAL', `The command ended with exit code ${exitCode}.`];
  return failureFrom({ code, message });
}

/** Prints an error to stderr and sets it as the result of the command. Returns the exit code. */
export function reportFailure(error: unknown): number {
  const failure = failureOf(error);
  answerJson({}, failure);
  say(`mcp-switchyard: ${failureLine(failure)}`);
  return failure.code === 'OPTIONS_INVALID' ? EXIT.usage : EXIT.failed;
}
