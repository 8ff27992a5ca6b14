/** Commands that take `key=value`, by their names. */
const TAKING_ARGUMENTS: ReadonlySet<string> = new Set(['call', 'prompts get']);

/**
 * Returns a hint for an unknown option that may be meant as an argument of a tool or a prompt: `call weather.get --city
 * Bern`. Returns null if only an option can be meant. `command` has the words that name the command, `words` is the
 * whole command line, and `message` is the parser's error.
 */
export function dashedArgumentHint(command: string, words: readonly string[], message: string): string | null {
  const [, option = ''] = /unknown option '(--?[^']+)'/.exec(message) ?? [];
  if (option === '' || !TAKING_ARGUMENTS.has(command)) return null;
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  // Arguments follow the name of the tool or prompt, so a dashed word before that name can only be a misspelt option.
  if (!words.slice(command.split(' ').length, Math.max(at, 0)).some((word) => !word.startsWith('-'))) return null;
  const [name = '', ...rest] = (words[at] ?? option).replace(/^-+/, '').split('=');
  const next = words[at + 1];
  const value = rest.length > 0 ? rest.join('=') : next === undefined || next.startsWith('-') ? 'true' : next;
  const example = /^[\w@%+:,./-]*$/.test(value) ? `${name}=${value}` : `'${name}=${value.replaceAll("'", "'\\''")}'`;
  return `For an argument, write key=value: ${example}`;
}
