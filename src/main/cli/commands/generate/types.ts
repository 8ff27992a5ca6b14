import { readFileSync } from 'node:fs';
import { createTwoFilesPatch } from 'diff';
import { codeOf, SwitchyardError } from '../../../../shared/errors.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import { type SourceOptions, withManager } from '../../source-options.ts';
import { connectorsOf, notUp, notUpFailure, type StartUp } from '../../start-up.ts';
import { answerJson } from '../../terminal/json-document.ts';
import { EXIT, failureFrom, print, printable, say } from '../../terminal/output.ts';
import { writeOutputFile } from '../../terminal/write-output-file.ts';
import { sayNotUp } from '../sync.ts';
import { clientModule } from './client-module.ts';

export interface GenerateTypesOptions extends SourceOptions {
  /** Whether to compare the file with the current tools instead of writing it. */
  readonly check: boolean;
  /** Path of the file. Defaults to stdout. */
  readonly out?: string;
}

/** Maximum number of lines of the patch that `--check` prints. */
const MAX_LINES = 100;

/** How long the comparison may take, in milliseconds. */
const DIFF_MS = 2_000;

/**
 * Writes types and a client for the tools of all connectors. Resolves with the exit code. If a connector is not up and
 * its tools are unknown, nothing is written and the exit code is 1. With `check`, the exit code is also 1 if the file
 * is not current. Rejects with OPTIONS_INVALID for a file that cannot be read or written.
 */
export function runGenerateTypes(options: GenerateTypesOptions): Promise<number> {
  const { check, out } = options;
  if (check && out === undefined)
    throw new SwitchyardError('OPTIONS_INVALID', '--check needs the file that it checks: give --out FILE too');
  const work = async (manager: ConnectorProxyManager, startUp: StartUp): Promise<number> => {
    await manager.sync();
    await startUp.settled();
    const tools = manager.listTools();
    const listed = new Set(tools.map(({ connectorId }) => connectorId));
    const missing = notUp(manager).filter(({ id }) => !listed.has(id));
    sayNotUp(connectorsOf(manager));
    if (missing.length > 0) {
      const ids = new Set(missing.map(({ id }) => id));
      const failure = notUpFailure(connectorsOf(manager).filter(({ id }) => ids.has(id)));
      if (options.json) answerJson({ notUp: missing }, failure);
      say('Nothing was written, because the tools of these connectors are not known');
      return EXIT.failed;
    }
    const text = clientModule(tools);
    return check ? compared(text, out ?? '', options) : written(text, tools.length, options);
  };
  return withManager(options, work);
}

function written(text: string, toolCount: number, { out, json }: GenerateTypesOptions): number {
  const isChanged = out !== undefined && textOf(out) !== text;
  if (out === undefined && !json) print(text);
  if (out !== undefined && isChanged) writeOutputFile(out, text);
  if (json) answerJson({ toolCount, ...(out === undefined ? { text } : { file: out, isChanged }) });
  else if (out !== undefined)
    say(`${printable(out)}: ${toolCount} tools, ${isChanged ? 'written' : 'already current'}`);
  return EXIT.ok;
}

function compared(text: string, out: string, { json }: GenerateTypesOptions): number {
  const present = textOf(out);
  const isCurrent = present === text;
  const differences = isCurrent ? [] : differencesOf(present, text);
  const failure = isCurrent
    ? null
    : failureFrom({ code: 'CHECK_FAILED', message: `${printable(out)} does not match the current tools.` });
  if (json) answerJson({ file: out, isCurrent, differences }, failure);
  else for (const line of differences) print(`${printable(line)}\n`);
  if (!json) say(`${printable(out)} is ${isCurrent ? '' : 'not '}current`);
  if (!json && !isCurrent) say('Run the command without --check to write it');
  return isCurrent ? EXIT.ok : EXIT.failed;
}

/** Returns the lines of a patch from the file to the generated text. */
function differencesOf(present: string | null, text: string): readonly string[] {
  if (present === null) return ['There is no such file'];
  const patch = createTwoFilesPatch('the file', 'the tools', present, text, undefined, undefined, {
    context: 2,
    timeout: DIFF_MS,
  }) as string | undefined;
  if (patch === undefined) return [firstDifference(present, text)];
  const lines = patch.trimEnd().split('\n').slice(1);
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} more lines`];
}

function firstDifference(present: string, text: string): string {
  const lines = present.split('\n');
  const index = text.split('\n').findIndex((line, at) => line !== lines[at]);
  return `The two versions differ from line ${(index === -1 ? lines.length : index) + 1} on`;
}

/** Returns the text of a file; null if it does not exist. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot read ${path} (${codeOf(error) ?? 'unknown'})`);
  }
}
