/** Formats of configuration files. */
export type ConfigFormat = 'json' | 'toml' | 'yaml';

const OF_EXTENSION: Readonly<Record<string, ConfigFormat>> = {
  json: 'json',
  jsonc: 'json',
  json5: 'json',
  toml: 'toml',
  yaml: 'yaml',
  yml: 'yaml',
};

/** Matches a line of TOML: `[table]`, `[[list]]` or `key = value`. */
const TOML_LINE = /^(?:\[{1,2}[\w."' \t-]+\]{1,2}[ \t]*(?:#.*)?$|[\w."'-]+[ \t]*=[ \t]*\S)/;
/** Matches the part of a YAML line before the colon. */
const YAML_KEY = /^(?:- )?["']?[\w@/. -]+["']?$/;

const LINE_END = /\r\n|[\n\r\u2028\u2029]/;

/** Maximum number of characters at the start of a file in which comments are skipped before the format is detected. */
const MAX_COMMENT = 65_536;

/** Returns the format for the extension of a file name; null for an unknown extension. */
export function formatOfName(name: string): ConfigFormat | null {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(OF_EXTENSION, extension) ? (OF_EXTENSION[extension] ?? null) : null;
}

/** Guesses the format of a file's text from its first lines. Defaults to JSON. */
export function formatOfText(text: string): ConfigFormat {
  const start = /^(?:\s+|\/\/.*|\/\*[\s\S]*?\*\/)*/.exec(text.slice(0, MAX_COMMENT))?.[0].length ?? 0;
  if (text[start] === '{') return 'json';
  // Tests each line separately, because one expression over all lines would backtrack at every run of spaces.
  const firstLines = text
    .slice(start, start + 4_096)
    .split(LINE_END)
    .map((line) => line.trim());
  if (firstLines.some((line) => TOML_LINE.test(line))) return 'toml';
  return firstLines.some(isYamlLine) ? 'yaml' : 'json';
}

function isYamlLine(line: string): boolean {
  if (line === '---') return true;
  const colon = line.indexOf(':');
  const isEnd = /^[ \t]?$/.test(line.slice(colon + 1, colon + 2));
  return colon > 0 && isEnd && YAML_KEY.test(line.slice(0, colon).trim());
}

/** Returns the name of a format, as messages show it. */
export function nameOfFormat(format: ConfigFormat): string {
  return format.toUpperCase();
}
