/** Commands of mcporter and other programs, each with the command of this program that does the same. */
const SAME: ReadonlyMap<string, string> = new Map([
  ['add', 'registry add'],
  ['daemon', 'serve'],
  ['emit-ts', 'generate types'],
  ['list', 'tools'],
  ['list-tools', 'tools'],
  ['login', 'auth login'],
  ['logout', 'auth logout'],
  ['remove', 'registry remove'],
  ['run', 'call'],
  ['start', 'serve'],
]);

/**
 * Returns the error of the parser with a better hint, or null if the parser's own hint is good enough. The user may
 * know another program, may have left out `call` or `login`, or may have written an option before the command.
 * The parameter `command` is the command that reports the error, or empty if the program itself reports the error.
 */
export function withMeantCommand(command: string, message: string): string | null {
  const isSimilar = message.includes('Did you mean');
  if (command === '' && !isSimilar && /^unknown option '--/.test(message))
    return `${message}\nWrite options after the command.`;
  const [text, word] = /^unknown command '([^']+)'/.exec(message) ?? [];
  const meant = word === undefined ? undefined : meantBy(command, word, isSimilar);
  return meant === undefined ? null : `${text}\n(Did you mean ${meant}?)`;
}

function meantBy(command: string, word: string, isSimilar: boolean): string | undefined {
  if (command === '') return SAME.get(word) ?? (/^[\w-]+[.(]/.test(word) ? `call ${word}` : undefined);
  return command === 'auth' && !isSimilar ? `auth login ${word}` : undefined;
}
