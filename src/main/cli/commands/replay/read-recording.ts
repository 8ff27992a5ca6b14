import { readFileSync } from 'node:fs';
import { codeOf, messageOf, SwitchyardError } from '../../../../shared/errors.ts';
import { FOREIGN_LIMITS } from '../../../../shared/json/json-limits.ts';
import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import { isObject } from '../../../mcp/json-rpc.ts';
import { FORMAT_VERSION, type RecordedLine } from '../../../recording/recording-format.ts';

/** A recorded message may be nested as deeply as a received message. The line around the message adds two levels. */
const LIMITS = { ...FOREIGN_LIMITS, maxDepth: FOREIGN_LIMITS.maxDepth + 2 };

/** The content of a recording. */
export interface ReadRecording {
  readonly lines: readonly RecordedLine[];
  /** Whether the last line is incomplete, for example because the recorder was killed. */
  readonly isTorn: boolean;
}

/**
 * Reads a recording. Ignores an incomplete last line. Throws OPTIONS_INVALID if the file cannot be read. Throws
 * RECORDING_INVALID, with the line number, if a line is damaged or the recording has another version.
 */
export function readRecording(path: string): ReadRecording {
  const texts = textOf(path).split('\n');
  const last = texts.pop() ?? '';
  const [header = last, ...rest] = texts;
  assertHeader(path, header);
  return { lines: rest.map((text, index) => lineOf(path, text, index + 2)), isTorn: last !== '' };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SwitchyardError('OPTIONS_INVALID', `Cannot read ${path} (${codeOf(error) ?? messageOf(error)})`);
  }
}

function assertHeader(path: string, text: string): void {
  const { mcpRecording } = parsed(path, text, 1);
  if (mcpRecording === FORMAT_VERSION) return;
  if (mcpRecording === undefined) throw invalid(path, 1, 'is not the header of a recording');
  throw invalid(path, 1, `is of version ${JSON.stringify(mcpRecording)}; this program reads version ${FORMAT_VERSION}`);
}

function lineOf(path: string, text: string, number: number): RecordedLine {
  const { connector, connection, from, message } = parsed(path, text, number);
  if (connector !== null && typeof connector !== 'string') throw invalid(path, number, 'has no `connector`');
  if (typeof connection !== 'string') throw invalid(path, number, 'has no `connection`');
  if (from !== 'client' && from !== 'server') throw invalid(path, number, 'has no `from`');
  if (!isObject(message)) throw invalid(path, number, 'has no `message`');
  return { connector, connection, from, message };
}

function parsed(path: string, text: string, number: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseForeignJson(text, LIMITS);
  } catch (error) {
    throw invalid(path, number, error instanceof SyntaxError ? 'is not JSON' : messageOf(error));
  }
  if (!isObject(value)) throw invalid(path, number, 'is not an object');
  return value;
}

function invalid(path: string, line: number, why: string): SwitchyardError {
  return new SwitchyardError('RECORDING_INVALID', `${path}: line ${line} ${why}.`, { detail: { path, line } });
}
