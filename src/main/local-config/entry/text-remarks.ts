import { printableName } from '../config-problem.ts';

/** Use of a text: an argument may contain anything, a value is taken as a whole. */
export type TextUse = 'argument' | 'value';

/** Matches `$NAME` in an argument, as shells and Crush write it. */
const IN_ARGUMENT = /(?:^|[\s=:,/])\$([A-Za-z_][A-Za-z0-9_]*)/;
/** Matches `$NAME` as a whole value. Within a longer value, `$` may belong to a password. */
const WHOLE_VALUE = /^(?:(?:Bearer|Basic|Token)\s+)?\$([A-Z_][A-Z0-9_]*)$/i;
const SUBSTITUTION = /\$\([^)]|(?:^|\s)`[^`]+`/;
/** Matches `!op read …`, which means "run this" in some clients. */
const BANG_COMMAND = /^![A-Za-z./~]\S*\s+\S/;
const TEMPLATE = /\{\{\s*([A-Za-z_][\w.]*)(?:\|\w+)*\s*\}\}/;

/** Returns a remark on a placeholder that the author of a text may expect to be replaced. Null if the text has none. */
export function remarkOnText(text: string, use: TextUse): string | null {
  if (SUBSTITUTION.test(text) || (use === 'value' && BANG_COMMAND.test(text)))
    return (
      'contains a command, which is never run: the text is used unchanged; put the output of the command into a ' +
      'variable'
    );
  const template = TEMPLATE.exec(text)?.[1];
  if (template !== undefined)
    return `contains {{${printableName(template)}}}, which only its own client fills in: it is used unchanged`;
  const name = (use === 'argument' ? IN_ARGUMENT : WHOLE_VALUE).exec(text)?.[1];
  if (name === undefined) return null;
  const shown = printableName(name);
  return `contains $${shown}, which is used unchanged; write \${${shown}} for the variable`;
}

/** Whether a command interprets its arguments as a shell does, so that it expands placeholders itself. */
export function isShell(command: string): boolean {
  const name = command.split(/[\\/]/).at(-1) ?? '';
  return /^(?:(?:ba|da|z|k|fi|a)?sh|cmd|pwsh|powershell|nu|env)(?:\.exe)?$/i.test(name);
}
