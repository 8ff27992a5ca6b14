import { printableName } from '../config-problem.ts';

/** What a text is for: an argument may hold anything, a value is taken whole. */
export type TextUse = 'argument' | 'value';

/** `$NAME` in an argument, as shells and Crush write it. */
const IN_ARGUMENT = /(?:^|[\s=:,/])\$([A-Za-z_][A-Za-z0-9_]*)/;
/** The same as a whole value. Elsewhere in one, `$` may be a letter of a password. */
const WHOLE_VALUE = /^(?:(?:Bearer|Basic|Token)\s+)?\$([A-Z_][A-Z0-9_]*)$/i;
const SUBSTITUTION = /\$\([^)]|(?:^|\s)`[^`]+`/;
/** `!op read …`: a client's word for "run this". */
const BANG_COMMAND = /^![A-Za-z./~]\S*\s+\S/;
const TEMPLATE = /\{\{\s*([A-Za-z_][\w.]*)(?:\|\w+)*\s*\}\}/;

/** What stays in a text although its writer may count on a client to replace it; null where nothing does. */
export function remarkOnText(text: string, use: TextUse): string | null {
  if (SUBSTITUTION.test(text) || (use === 'value' && BANG_COMMAND.test(text)))
    return 'holds a command, which is never run: the text is used as it is written; put its output into a variable';
  const template = TEMPLATE.exec(text)?.[1];
  if (template !== undefined)
    return `holds {{${printableName(template)}}}, which only its own client fills in: it is used as it is written`;
  const name = (use === 'argument' ? IN_ARGUMENT : WHOLE_VALUE).exec(text)?.[1];
  if (name === undefined) return null;
  const shown = printableName(name);
  return `holds $${shown}, which is used as it is written; write \${${shown}} for the variable`;
}

/** Whether a program reads its arguments as a shell does, which replaces what is left in them. */
export function isShell(command: string): boolean {
  const name = command.split(/[\\/]/).at(-1) ?? '';
  return /^(?:(?:ba|da|z|k|fi|a)?sh|cmd|pwsh|powershell|nu|env)(?:\.exe)?$/i.test(name);
}
