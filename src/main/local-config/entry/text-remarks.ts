import { printableName } from '../config-problem.ts';

/**
 * What a string is used for. `$NAME` is noticed anywhere in an `argument`. In a `value`, it is noticed only if it is
 * the whole value.
 */
export type TextUse = 'argument' | 'value';

/** Matches `$NAME` anywhere in an argument. Shells and Crush replace it. */
const IN_ARGUMENT = /(?:^|[\s=:,/])\$([A-Za-z_][A-Za-z0-9_]*)/;
/** Matches `$NAME` only as a whole value. Within a longer value, the `$` may be part of a password. */
const WHOLE_VALUE = /^(?:(?:Bearer|Basic|Token)\s+)?\$([A-Z_][A-Z0-9_]*)$/i;
const SUBSTITUTION = /\$\([^)]|(?:^|\s)`[^`]+`/;
/** Matches a value such as `!op read …`. Some clients run the command after the `!`. */
const BANG_COMMAND = /^![A-Za-z./~]\S*\s+\S/;
const TEMPLATE = /\{\{\s*([A-Za-z_][\w.]*)(?:\|\w+)*\s*\}\}/;

/**
 * Returns a remark if a string contains a placeholder that its author may expect to be replaced, although the
 * placeholder is used unchanged; null otherwise.
 */
export function remarkOnText(text: string, use: TextUse): string | null {
  if (SUBSTITUTION.test(text) || (use === 'value' && BANG_COMMAND.test(text)))
    return (
      'contains a command, which is never run: the text is used unchanged; put the output of the command into a ' +
      'variable'
    );
  const template = TEMPLATE.exec(text)?.[1];
  if (template !== undefined)
    return `contains {{${printableName(template)}}}, which only its own client replaces, so it is used unchanged`;
  const name = (use === 'argument' ? IN_ARGUMENT : WHOLE_VALUE).exec(text)?.[1];
  if (name === undefined) return null;
  const shown = printableName(name);
  return `contains $${shown}, which is used unchanged; write \${${shown}} for the variable`;
}

/** Whether a command is a shell or a similar program, which expands the placeholders in its arguments itself. */
export function isShell(command: string): boolean {
  const name = command.split(/[\\/]/).at(-1) ?? '';
  return /^(?:(?:ba|da|z|k|fi|a)?sh|cmd|pwsh|powershell|nu|env)(?:\.exe)?$/i.test(name);
}
