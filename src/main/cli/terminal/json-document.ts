import { EXIT, type Failure, failureFrom, failureLine, failureOf, printableJson, say } from './output.ts';

/** Fields of a document besides the envelope, which is `ok` and, after a failure, `error`. */
export type Members = Readonly<Record<string, unknown>> & { readonly ok?: never; readonly error?: never };

/** A failure as documents show it. Wrong arguments of a tool come with `problems`. */
interface ShownFailure extends Failure {
  readonly problems?: readonly object[];
}

/** The result of the running command, in the form that scripts read. */
interface Answer {
  readonly members: Members;
  readonly failure: ShownFailure | null;
}

let answer: Answer | null = null;
let isPrinted = false;

/** Exit codes that no command chooses itself, and the failures behind them. */
const ENDED_BY: ReadonlyMap<number, readonly [string, string]> = new Map([
  [130, ['CLOSED', 'SIGINT ended the command before it had its result.']],
  [143, ['CLOSED', 'SIGTERM ended the command before it had its result.']],
  [EXIT.killed, ['WORKER_STUCK', 'A worker thread does not end, so the process is killed.']],
]);

/** Forgets the result of an earlier command in the same process. */
export function startAnswer(): void {
  answer = null;
  isPrinted = false;
}

/**
 * Sets the result of the command, in the form that scripts read: the fields of its `--json` document, and the failure
 * if there is one. {@link printAnswer} prints it when the command ends.
 */
export function answerJson(members: Members, failure: ShownFailure | null = null): void {
  answer = { members, failure };
}

/**
 * Prints a success on one line at once, for a command that goes on afterwards. Nothing more is printed when that
 * command ends.
 */
export function announceJson(members: Members): void {
  isPrinted = true;
  process.stdout.write(`${JSON.stringify({ ok: true, ...members })}\n`);
}

/**
 * Prints the only document of a command that ends with this exit code: `ok` is true if the code is 0, and otherwise
 * there is an `error`. Does nothing after {@link announceJson}, or if a success has no result, as after `--help`.
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

/** Reports an error on stderr, and as the result of the command. Returns the exit code. */
export function reportFailure(error: unknown): number {
  const failure = failureOf(error);
  answerJson({}, failure);
  say(`mcp-switchyard: ${failureLine(failure)}`);
  return failure.code === 'OPTIONS_INVALID' ? EXIT.usage : EXIT.failed;
}
