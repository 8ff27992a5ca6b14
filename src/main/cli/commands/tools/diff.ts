import { structuredPatch } from 'diff';
import { answerJson } from '../../terminal/json-document.ts';
import { counted, EXIT, type Failure, failureFrom, print } from '../../terminal/output.ts';
import { isoOf } from '../sync.ts';
import { chosenOf, type NamedChange, type PinOptions } from './pinned-tools.ts';
import { withPins } from './with-pins.ts';

/** Number of unchanged lines that are shown before and after each difference. */
const CONTEXT = 3;

/**
 * Shows how the definitions of tools differ from the pinned ones. Resolves with the exit code: 0 if no tool differs.
 */
export function runToolsDiff(names: readonly string[], options: PinOptions): Promise<number> {
  return withPins(options, names, async ({ changes }) => {
    const chosen = chosenOf(changes, names).filter(({ members }) => members.length > 0);
    const ok = chosen.length === 0;
    if (options.json) answerJson({ tools: chosen }, ok ? null : changedFailure(chosen));
    else print(ok ? 'All tools are as they were first seen, or approved.\n' : chosen.map(patchOf).join('\n'));
    return ok ? EXIT.ok : EXIT.failed;
  });
}

function changedFailure(changes: readonly NamedChange[]): Failure {
  const names = changes.map(({ name }) => name).join(', ');
  const message = `${counted(changes.length, 'tool')} changed since it was first seen or approved: ${names}`;
  return failureFrom({
    code: 'TOOL_CHANGED',
    message: changes.length === 1 ? message : message.replace('it was', 'they were'),
  });
}

function patchOf({ name, members, pinned, current, pinnedAtMs, pinnedSha256, sha256 }: NamedChange): string {
  const [before, after] = [pinned, current].map((value) => `${JSON.stringify(value, null, 2)}\n`) as [string, string];
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: CONTEXT });
  return [
    `${visible(name)}: ${members.join(', ')}`,
    `--- as seen ${isoOf(pinnedAtMs)}  sha256 ${pinnedSha256}`,
    `+++ current                           sha256 ${sha256}`,
    ...hunks.flatMap(({ lines }) => ['@@', ...lines.map(visible)]),
    '',
  ].join('\n');
}

/** Escapes characters that are invisible or change the direction of text, because such characters can hide a change. */
function visible(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Co}\u2028\u2029]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}
