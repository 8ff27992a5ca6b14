import { basename, sep } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/** What `${…}` in a file can stand for. */
export interface VariableScope {
  /** Null: what is not known before the server is started stays as it is written. */
  readonly env: Variables | null;
  /** `${workspaceFolder}`. */
  readonly folder: string;
}

/** A text with its variables replaced, or why that cannot be, naming variables and never their values. */
export type Expansion =
  | { readonly kind: 'text'; readonly text: string }
  /** Some are left in it, so nothing can be said of it yet. */
  | { readonly kind: 'open'; readonly text: string }
  | { readonly kind: 'impossible'; readonly why: string };

const MAX_NAME_LENGTH = 100;

const HOME = `\${userHome}`;

/**
 * Replaces `${NAME}` and `${NAME:-default}` (Claude Code), `${env:NAME}`, `${userHome}`, `${workspaceFolder}` and the like (VS Code, Cursor),
 * once: what a variable holds is not looked into. As in a shell a default stands in for an empty variable too. A variable that is
 * neither set nor has a default is an error, unlike in those clients: one of them sends the very text `${TOKEN}` as the token.
 */
export function expandVariables(text: string, scope: VariableScope): Expansion {
  if (/\$\{[^{}]*\$\{/.test(text)) return impossible('nests one variable in another, which no client does');
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

/** The same with `~` or `~/` at the beginning as the home folder, as VS Code takes it in what may be a path. */
export function expandPath(text: string, scope: VariableScope): Expansion {
  if (!/^~(?=$|[\\/])/.test(text)) return expandVariables(text, scope);
  const rest = expandVariables(`${HOME}${text.slice(1)}`, scope);
  return rest.kind === 'open' ? { kind: 'open', text: `~${rest.text.slice(HOME.length)}` } : rest;
}

function resolve(reference: string, whole: string, { env, folder }: VariableScope): Expansion {
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
  const [, prefix, asked = ''] = /^(input|command|config):(.*)$/s.exec(reference) ?? [];
  if (prefix !== undefined && env === null) return open;
  if (prefix === 'input')
    return impossible(
      `asks for the input ${named(asked)}: nobody can be asked here; set a variable and write \${NAME}`,
    );
  if (prefix !== undefined) return impossible(`uses \${${prefix}:…}, which only VS Code knows`);
  const [, name, fallback] = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(reference) ?? [];
  // Anything else is no variable of any client, and may be meant for the program.
  if (name === undefined) return text(whole);
  return env === null ? open : variable(name, fallback, env);
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
