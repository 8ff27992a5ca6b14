import { SwitchyardError } from '../../../shared/errors.ts';
import {
  createFileReader,
  type ReadArguments,
  readArguments,
  type WrittenArguments,
} from '../calling/read-arguments.ts';
import { pathText, WrongArguments } from '../calling/wrong-arguments.ts';
import type { ViaFlags } from '../flags/via-options.ts';
import { contentText } from '../results/content-text.ts';
import { saveContent } from '../results/save-content.ts';
import type { SourceOptions } from '../source-options.ts';
import { type AdHocOptions, adHocServer } from '../targets/ad-hoc.ts';
import { readCallTarget } from '../targets/call-target.ts';
import { type ChosenTool, chooseTool, syncEntries } from '../targets/chosen-connector.ts';
import { exampleCall, signedTool, type TypedServer } from '../targets/described-tool.ts';
import { answerJson, reportFailure } from '../terminal/json-document.ts';
import { EXIT, type Failure, failureFrom, failureOf, print, printable, say } from '../terminal/output.ts';
import { terminalWidth } from '../terminal/width/terminal-width.ts';
import { withToolHost } from '../via/with-tool-host.ts';

export interface CallOptions extends SourceOptions, AdHocOptions, ViaFlags {
  /** Timeout of the call, in milliseconds. The start of the connector before the call does not count. */
  readonly callTimeout?: number;
  /** Values of `--args`. */
  readonly args?: readonly string[];
  /** The folder to write images, audio and files of the result to. */
  readonly save?: string;
}

/**
 * Calls one tool, and starts only the connector of that tool. Resolves with the exit code: 0 if the tool succeeded, 3
 * if the tool ran and reported a failure, and 2 if the arguments do not match the schema. With exit code 2, nothing was
 * sent.
 */
export async function runCall(given: readonly string[], options: CallOptions): Promise<number> {
  const target = readCallTarget(given);
  const server = adHocServer(target.address, options);
  const written = { words: target.words, form: target.form, documents: options.args ?? [] };
  const typed = { address: target.address, program: options.program };
  const readFile = createFileReader();
  // Checks the syntax of the arguments first, so that an invalid word is reported before a connector is started.
  await readArguments(written, null, readFile);
  let chosen: ChosenTool | null = null;
  return withToolHost(
    server === null ? options : { ...options, adHoc: server },
    async (manager, startUp, ended) => {
      await syncEntries(manager);
      const name = server === null ? target.tool : `${server.id}.${target.tool}`;
      chosen = await chooseTool(manager, startUp, name);
      const { args, doubtful } = await checkedArguments(written, chosen, typed, readFile);
      for (const each of doubtful)
        say(`${target.tool} does not declare the argument ${printable(each)}; it is sent anyway`);
      const result = await manager
        .callTool(chosen.name, args, {
          signal: ended,
          timeoutMs: options.callTimeout,
          onProgress: ({ progress, total, message }) => {
            const of = total === undefined ? '' : ` of ${total}`;
            say(`  ${progress}${of}${message === undefined ? '' : `: ${printable(message)}`}`);
          },
        })
        .catch((error: unknown) => {
          throw withRoundedTime(error);
        });
      const ok = result.isError !== true;
      const saved = options.save === undefined ? null : await saveContent(result.content, options.save, target.tool);
      if (options.json) {
        const tool = server === null ? chosen.name : target.tool;
        answerJson({ tool, result, ...(saved !== null && { saved }) }, ok ? null : toolFailure(tool));
      } else print(contentText(result, saved));
      return ok ? EXIT.ok : EXIT.toolFailed;
    },
    { syncDeadlineMs: 1, connect: 'on-demand', only: () => chosen?.connectorId ?? server?.id },
  ).catch((error: unknown) => {
    if (error instanceof WrongArguments) return reportWrong(error, options.json);
    throw error;
  });
}

/**
 * Reads the arguments and converts them as the schema of the tool says. Throws {@link WrongArguments} if they certainly
 * violate the schema.
 */
async function checkedArguments(
  written: WrittenArguments,
  { tool }: ChosenTool,
  typed: TypedServer,
  readFile: (path: string) => Promise<string>,
): Promise<ReadArguments> {
  if (tool === null) return readArguments(written, null, readFile);
  const read = await readArguments(written, tool.inputSchema, readFile);
  if (read.problems.length === 0) return read;
  const signed = signedTool(tool, typed);
  throw new WrongArguments(signed, read.problems, { width: terminalWidth(), example: exampleCall(signed, typed) });
}

function toolFailure(tool: string): Failure {
  return failureFrom({ code: 'TOOL_FAILED', message: `The tool ${tool} ran and reported a failure` }, { tool });
}

function reportWrong(error: WrongArguments, isJson: boolean): number {
  if (!isJson) {
    const code = reportFailure(error);
    for (const line of error.lines) say(printable(line));
    return code;
  }
  const problems = error.problems.map(({ path, kind, text }) => ({ argument: pathText(path), kind, text }));
  answerJson({}, { ...failureOf(error), problems });
  say(`mcp-switchyard: ${printable(error.message)}`);
  return EXIT.usage;
}

/**
 * Rounds the time in the message of TOOL_CALL_TIMEOUT. This time may be a number such as 9 873 ms, because the manager
 * subtracts the time that a call waits for its connector.
 */
function withRoundedTime(error: unknown): unknown {
  if (!(error instanceof SwitchyardError) || error.code !== 'TOOL_CALL_TIMEOUT') return error;
  const message = error.message.replace(/\b(\d+(?:\.\d+)?) ms\b/, (_, ms: string) => rounded(Number(ms)));
  return new SwitchyardError(error.code, message, { cause: error.cause, detail: error.detail });
}

function rounded(ms: number): string {
  if (ms < 950) return `${Math.round(ms / 10) * 10} ms`;
  return `${ms < 9_500 ? Math.round(ms / 100) / 10 : Math.round(ms / 1_000)} s`;
}
