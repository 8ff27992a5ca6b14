/** The formats that a configuration file can have. */
export type ConfigFormat = 'json' | 'toml' | 'yaml';

const OF_EXTENSION: Readonly<Record<string, ConfigFormat>> = {
  json: 'json',
  jsonc: 'json',
  json5: 'json',
  toml: 'toml',
  yaml: 'yaml',
  yml: 'yaml',
};

const TOML_LINE = /^[ \t]*(?:\[{1,2}[ \t]*[\w."' -]+\]{1,2}[ \t]*(?:#.*)?|[\w."'-]+[ \t]*=[ \t]*\S.*)\r?$/m;
const YAML_LINE = /^(?:---|[ \t]*(?:- )?["']?[\w@/. -]+["']?[ \t]*:(?:[ \t].*)?)\r?$/m;

/** Comments before a file's first word are looked through so far. */
const MAX_COMMENT = 65_536;

/** The format that a file's name says; null where it says none. */
export function formatOfName(name: string): ConfigFormat | null {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(OF_EXTENSION, extension) ? (OF_EXTENSION[extension] ?? null) : null;
}

/** The format that a text seems to have. JSON where nothing speaks for another. */
export function formatOfText(text: string): ConfigFormat {
  const start = /^(?:\s+|\/\/.*|\/\*[\s\S]*?\*\/)*/.exec(text.slice(0, MAX_COMMENT))?.[0].length ?? 0;
  if (text[start] === '{') return 'json';
  const firstLines = text.slice(start, start + 4_096);
  if (TOML_LINE.test(firstLines)) return 'toml';
  return YAML_LINE.test(firstLines) ? 'yaml' : 'json';
}

/** What to call a format. */
export function nameOfFormat(format: ConfigFormat): string {
  return format.toUpperCase();
}
