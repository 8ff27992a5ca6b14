/**
 * Splits a command line into words like a POSIX shell, with quotes and backslashes, but never runs or replaces
 * anything. Returns null if a quote is not closed, or if the line has pipes, redirections or substitutions.
 */
export function shellWords(line: string): string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line[at] ?? '';
    if (quote === null && /\s/.test(letter)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (quote === null && (letter === '"' || letter === "'")) {
      quote = letter;
      word ??= '';
    } else if (letter === quote) {
      quote = null;
    } else if (letter === '\\' && isEscape(line[at + 1], quote)) {
      word = `${word ?? ''}${line[at + 1]}`;
      at += 1;
    } else {
      if (quote === null && /[|&;<>`]/.test(letter)) return null;
      if (quote !== "'" && (letter === '`' || line.startsWith('$(', at))) return null;
      word = `${word ?? ''}${letter}`;
    }
  }
  if (quote !== null) return null;
  return word === null ? words : [...words, word];
}

/** Whether a backslash before the character `next` is an escape. Otherwise the backslash belongs to a Windows path. */
function isEscape(next: string | undefined, quote: string | null): boolean {
  if (next === undefined || quote === "'") return false;
  return quote === '"' ? /["\\$`]/.test(next) : /[\s"'\\]/.test(next);
}

/** Whether a command looks like an executable with its arguments, and not like a path that contains spaces. */
export function looksLikeCommandLine(command: string): boolean {
  const text = command.trim();
  return /^[^\s/\\"']+\s+\S/.test(text) || /\S\s+--?[A-Za-z]/.test(text);
}
