/** Commands that take `key=value`, by the words that name them. */
const TAKING_ARGUMENTS: ReadonlySet<string> = new Set(['call', 'prompts get']);

/**
 * The hint for an option that a command does not have, where it may be meant as an argument of a tool or a prompt:
 * `call weather.get --city Bern`. `command` has the words that name the command, `words` is the whole command line, and
 * `message` is what the parser says. Null where nothing but an option can be meant.
 */
export function dashedArgumentHint(command: string, words: readonly string[], message: string): string | null {
  const [, option = ''] = /unknown option '(--?[^']+)'/.exec(message) ?? [];
  if (option === '' || !TAKING_ARGUMENTS.has(command)) return null;
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`));
  // Before the tool it is an option that is misspelt.
  if (!words.slice(command.split(' ').length, Math.max(at, 0)).some((word) => !word.startsWith('-'))) return null;
  const [name = '', ...rest] = (words[at] ?? option).replace(/^-+/, '').split('=');
  const next = words[at + 1];
  const value = rest.length > 0 ? rest.join('=') : next === undefined || next.startsWith('-') ? 'true' : next;
  const example = /^[\w@%+:,./-]*$/.test(value) ? `${name}=${value}` : `'${name}=${value.replaceAll("'", "'\\''")}'`;
  return `For an argument, write key=value: ${example}`;
}
