/** Names of the commands that accept arguments in the form `key=value`. */
const TAKING_ARGUMENTS: ReadonlySet<string> = new Set(['call', 'prompts get']);

/**
 * Returns a hint if an unknown option may be meant as an argument of a tool or prompt, as in `call weather.get --city
 * Bern`. Returns null if it can only be a misspelt option. `command` is the name of the command, `words` is the whole
 * command line, and `message` is the error of the parser.
 */
export function dashedArgumentHint(command: string, words: readonly string[], message: string): string | null {
  const [, option = ''] = /unknown option '(--?[^']+)'/.exec(message) ?? [];
  if (option === '' || !TAKING_ARGUMENTS.has(command)) return null;
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  // The arguments come after the name of the tool or prompt. An unknown option before that name can only be misspelt.
  if (!words.slice(command.split(' ').length, Math.max(at, 0)).some((word) => !word.startsWith('-'))) return null;
  const [name = '', ...rest] = (words[at] ?? option).replace(/^-+/, '').split('=');
  const next = words[at + 1];
  const value = rest.length > 0 ? rest.join('=') : next === undefined || next.startsWith('-') ? 'true' : next;
  const example = /^[\w@%+:,./-]*$/.test(value) ? `${name}=${value}` : `'${name}=${value.replaceAll("'", "'\\''")}'`;
  return `For an argument, write key=value: ${example}`;
}
