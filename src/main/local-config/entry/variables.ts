import { basename, sep } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Variables that clients set to the folder of a project, plugin or extension. If they are not set, they stand for the
 * folder of the configuration file.
 */
const OF_THE_FOLDER: ReadonlySet<string> = new Set(['CLAUDE_PROJECT_DIR', 'CLAUDE_PLUGIN_ROOT', 'extensionPath']);

/** Values that `${…}` in a file can refer to. */
export interface VariableScope {
  /** Environment variables. If null, their values are not known yet, and references to them stay unchanged. */
  readonly env: Variables | null;
  /** Value of `${workspaceFolder}`. */
  readonly folder: string;
  /**
   * Contents of the files that strings refer to as `{file:path}`, which is the notation of OpenCode. The key is the
   * path as it is in the string. The content is null for a file that cannot be read.
   */
  readonly files?: ReadonlyMap<string, string | null> | undefined;
}

/**
 * A string with its variables replaced, or the reason why a variable cannot be replaced. The reason contains names of
 * variables, but never their values.
 */
export type Expansion =
  | { readonly kind: 'text'; readonly text: string }
  /** Some variables are not replaced yet, so the string cannot be checked yet. */
  | { readonly kind: 'open'; readonly text: string }
  | { readonly kind: 'impossible'; readonly why: string };

const MAX_NAME_LENGTH = 100;

const HOME = `\${userHome}`;

/**
 * Replaces the variables of a string: `${NAME}` and `${NAME:-default}` (Claude Code), `${env:NAME}`, `${userHome}`,
 * `${workspaceFolder}` and similar ones (VS Code, Cursor), and `${NAME:?message}` (Crush). A `${…}` in the value of a
 * variable is not replaced. As in a shell, the default also replaces an empty variable. A variable that is not set and
 * has no default is an error. Some clients would instead send the string `${TOKEN}` as the token.
 */
export function expandVariables(text: string, scope: VariableScope): Expansion {
  if (/\$\{[^{}]*\$\{/.test(text)) return impossible('nests one variable in another, which no client supports');
  let why: string | null = null;
  let isOpen = false;
  const expanded = text.replace(/\$\{([^{}]*)\}/g, (whole, reference: string) => {
    const expansion = resolve(reference, whole, scope);
    if (expansion.kind === 'open') isOpen = true;
    if (expansion.kind !== 'impossible') return expansion.text;
    why ??= expansion.why;
    return '';
  });
  if (why !== null) return { kind: 'impossible', why };
  return { kind: isOpen ? 'open' : 'text', text: expanded };
}

/** Replaces the variables of a string that may be a path. As in VS Code, a leading `~` or `~/` is the home folder. */
export function expandPath(text: string, scope: VariableScope): Expansion {
  if (!/^~(?=$|[\\/])/.test(text)) return expandVariables(text, scope);
  const rest = expandVariables(`${HOME}${text.slice(1)}`, scope);
  return rest.kind === 'open' ? { kind: 'open', text: `~${rest.text.slice(HOME.length)}` } : rest;
}

function resolve(reference: string, whole: string, { env, folder, files }: VariableScope): Expansion {
  const text = (value: string): Expansion => ({ kind: 'text', text: value });
  switch (reference) {
    case 'workspaceFolder':
    case 'workspaceRoot':
      return text(folder);
    case 'workspaceFolderBasename':
      return text(basename(folder));
    case 'pathSeparator':
    case '/':
      return text(sep);
  }
  const open: Expansion = { kind: 'open', text: whole };
  if (reference === 'userHome') return env === null ? open : variable(homeIn(env), undefined, env);
  const [, prefix, asked = ''] = /^(input|command|config|file|cmd):(.*)$/s.exec(reference) ?? [];
  if (prefix !== undefined && env === null) return open;
  if (prefix === 'file') return fileContent(asked, files);
  if (prefix === 'cmd') return impossible('contains a command, which is never run; put its output into a variable');
  if (prefix === 'input')
    return impossible(
      `needs the input ${named(asked)}, which cannot be prompted for; set a variable and write \${NAME}`,
    );
  if (prefix !== undefined) return impossible(`uses \${${prefix}:…}, which only VS Code knows`);
  const [, name, operator, operand = ''] = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::([-?])(.*))?$/s.exec(reference) ?? [];
  // Other references are not variables of any known client. They stay unchanged, because they may be meant for the
  // server.
  if (name === undefined) return text(/^workspaceFolder:/.test(reference) ? folder : whole);
  if (OF_THE_FOLDER.has(name) && (env === null || !env[name])) return text(folder);
  if (env === null) return open;
  return operator === '?' ? required(name, operand, env) : variable(name, operator === '-' ? operand : undefined, env);
}

function fileContent(path: string, files: VariableScope['files']): Expansion {
  const content = files?.get(path);
  if (typeof content === 'string') return { kind: 'text', text: content.trim() };
  return impossible(
    files === undefined
      ? 'reads a file, which only a configuration file may do; put its content into a variable'
      : `needs the file ${named(path)}, which cannot be read`,
  );
}

/** Expands `${NAME:?message}`. As in a shell, it is an error if the variable is not set or empty. */
function required(name: string, message: string, env: Variables): Expansion {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value) return { kind: 'text', text: value };
  return impossible(
    `needs the variable ${named(name)}, which is not set${message === '' ? '' : `: ${named(message)}`}`,
  );
}

function homeIn(env: Variables): string {
  return env.HOME === undefined && env.USERPROFILE ? 'USERPROFILE' : 'HOME';
}

function variable(name: string, fallback: string | undefined, env: Variables): Expansion {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  const text = fallback === undefined ? value : value || fallback;
  return text === undefined
    ? impossible(`needs the variable ${named(name)}, which is not set`)
    : { kind: 'text', text };
}

function impossible(why: string): Expansion {
  return { kind: 'impossible', why };
}

function named(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}
