import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder with the corpus of each target. */
export const CORPUS_FOLDER = fileURLToPath(new URL('../corpus', import.meta.url));

/**
 * Writes an input as one line: a JSON string in which each character stands for one byte. Text stays readable, and any
 * bytes fit.
 */
export function inputToLine(input: Uint8Array): string {
  return JSON.stringify(Buffer.from(input).toString('latin1')).replace(
    /[\u007f-\u00ff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Returns the input that a line contains. Throws a SyntaxError if the line is not a JSON string. */
export function lineToInput(line: string): Uint8Array {
  return new Uint8Array(Buffer.from(String(JSON.parse(line)), 'latin1'));
}

/**
 * Returns the inputs in the corpus file of a target, or an empty list if there is no file. Lines that begin with `#`
 * are comments.
 */
export function readCorpus(target: string, folder = CORPUS_FOLDER): Uint8Array[] {
  const path = pathOf(target, folder);
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(lineToInput);
}

/** Adds an input to the end of a target's corpus file, with a comment above it if `comment` is not empty. */
export function addToCorpus(target: string, input: Uint8Array, comment = '', folder = CORPUS_FOLDER): void {
  const note = comment === '' ? '' : `# ${comment.replace(/\s+/g, ' ')}\n`;
  appendFileSync(pathOf(target, folder), `${note}${inputToLine(input)}\n`);
}

function pathOf(target: string, folder: string): string {
  return join(folder, `${target}.txt`);
}
