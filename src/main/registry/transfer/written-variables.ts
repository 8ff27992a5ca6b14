/** Variables that editors define, and that do not come from the environment. */
const OF_EDITORS: ReadonlySet<string> = new Set([
  'workspaceFolder',
  'workspaceRoot',
  'workspaceFolderBasename',
  'userHome',
  'pathSeparator',
]);

/** Rewrites variables to `${NAME}`, the notation of Claude Code, Zed and Gemini CLI. */
export function inBracesOfClaude(value: unknown): unknown {
  return mapTexts(value, (text) => text.replace(/\$\{env:([A-Za-z_]\w*)\}/g, (_, name: string) => `\${${name}}`));
}

/**
 * Rewrites variables to `${env:NAME}`, the notation of Cursor and VS Code. A variable with a default stays unchanged,
 * because these clients have no defaults.
 */
export function inBracesOfEditors(value: unknown): unknown {
  return mapTexts(value, (text) =>
    text.replace(/\$\{([A-Za-z_]\w*)\}/g, (whole, name: string) => (OF_EDITORS.has(name) ? whole : `\${env:${name}}`)),
  );
}

/**
 * Rewrites variables to `{env:NAME}`, the notation of OpenCode. A variable with a default stays unchanged, because
 * OpenCode has no defaults.
 */
export function inBracesOfOpenCode<Value>(value: Value): Value {
  return mapTexts(value, (text) =>
    text.replace(/\$\{(?:env:)?([A-Za-z_]\w*)\}/g, (whole, name: string) =>
      OF_EDITORS.has(name) ? whole : `{env:${name}}`,
    ),
  ) as Value;
}

/** If a string consists of `prefix` and one variable, returns the name of the variable; otherwise returns null. */
export function variableAlone(text: string, prefix = ''): string | null {
  if (!text.startsWith(prefix)) return null;
  const name = /^\$\{(?:env:)?([A-Za-z_]\w*)\}$/.exec(text.slice(prefix.length))?.[1];
  return name === undefined || OF_EDITORS.has(name) ? null : name;
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapTexts(member, map)]));
}
