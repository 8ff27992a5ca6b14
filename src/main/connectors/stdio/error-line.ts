/** Maximum length of a line in an error message. */
const MAX_LINE_LENGTH = 300;

/** Lines of npm output that say where or how an installation failed, and not why. */
const NPM_DETAIL = /^npm (?:error|ERR!)(?: (?:code|errno|syscall|path|dest|signal|command)\b.*)?$/;

/** The start of a line that names an error, as in `TypeError: x is undefined` or `Uncaught Error: no key`. */
const NAMED_ERROR = /^(?:Uncaught )?(?:\w+\.)*\w*(?:Error|Exception)(?: \[\w+\])?: /;

/**
 * Returns the line of a process's stderr that most likely says why the process failed, cut to 300 characters. Returns
 * '' if every line is blank. Usually this is the last line. But the output of a failed npm ends with the path of a log,
 * and the output of an uncaught error in Node.js ends with a stack and a version.
 */
export function errorLineOf(stderr: string): string {
  const lines = stderr.split('\n').flatMap((line) => line.trim() || []);
  const line = npmReason(lines) ?? nodeReason(lines) ?? lines.at(-1) ?? '';
  return line.length <= MAX_LINE_LENGTH ? line : `${line.slice(0, MAX_LINE_LENGTH - 1)}…`;
}

function npmReason(lines: readonly string[]): string | null {
  if (!/^npm (?:error|ERR!) /.test(lines.at(-1) ?? '')) return null;
  const code = lines.findLastIndex((line) => /^npm (?:error|ERR!) code /.test(line));
  if (code === -1) return null;
  return lines.slice(code).find((line) => !NPM_DETAIL.test(line)) ?? null;
}

function nodeReason(lines: readonly string[]): string | null {
  if (!/^Node\.js v\d/.test(lines.at(-1) ?? '')) return null;
  return lines.findLast((line) => NAMED_ERROR.test(line)) ?? null;
}
