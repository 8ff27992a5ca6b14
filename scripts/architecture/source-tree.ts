import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A reference from one file to another: an import, or the URL of a worker. */
export interface Import {
  /** Path of the importing file, relative to the root of the repository. */
  readonly from: string;
  /** Path of the imported file, relative to the root of the repository. */
  readonly to: string;
  /**
   * `worker` if the other file is the entry file of a thread. Such a file is never imported, but referred to by its
   * URL.
   */
  readonly kind: 'import' | 'worker';
}

/** A source file, and its references to other files of this repository. */
export interface SourceFile {
  readonly path: string;
  readonly lines: readonly string[];
  readonly imports: readonly Import[];
}

/** Reads all TypeScript files below `folder`, which is relative to `root`. Throws if a file cannot be parsed. */
export function readSourceTree(root: string, folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => posix.join(folder, name))
    .sort()
    .map((path) => parseSourceFile(path, readFileSync(join(root, path), 'utf8')));
}

/**
 * Parses one file and finds all references to other files: imports and re-exports of values and types, side-effect
 * imports, `import()` in code and in types, `new URL('./x', import.meta.url)`, and `workerUrl('workers/x')`. Imports in
 * this repository are relative and end in `.ts`, so the path of a file is found by joining two paths.
 */
export function parseSourceFile(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} does not parse: ${error.message}`);
  const imports: Import[] = [];
  walk(program, (node) => {
    const found = namedFile(node);
    if (found !== null) imports.push({ from: path, to: resolve(path, found), kind: found.kind });
  });
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return { path, lines, imports };
}

interface NamedFile {
  readonly kind: Import['kind'];
  readonly name: string;
}

interface Node {
  readonly type: string;
  readonly [member: string]: unknown;
}

function namedFile(node: Node): NamedFile | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return relative(text(node.source), 'import');
    case 'NewExpression':
      return nameOf(node.callee) === 'URL' ? relative(pathOf(first(node.arguments)), 'worker') : null;
    case 'CallExpression': {
      const name = nameOf(node.callee) === 'workerUrl' ? text(first(node.arguments)) : null;
      return name === null ? null : { kind: 'worker', name };
    }
    default:
      return null;
  }
}

function relative(name: string | null, kind: Import['kind']): NamedFile | null {
  return name?.startsWith('.') === true ? { kind, name } : null;
}

/**
 * Returns the path of the file that a reference points to. The argument of `workerUrl` is relative to `src` and has no
 * extension.
 */
function resolve(from: string, { name }: NamedFile): string {
  return name.startsWith('.') ? posix.join(posix.dirname(from), name) : posix.join('src', `${name}.ts`);
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit);
  else if (typeof value === 'object' && value !== null) {
    if ('type' in value && typeof value.type === 'string') visit(value as Node);
    for (const member of Object.values(value)) walk(member, visit);
  }
}

const first = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);

function text(node: unknown): string | null {
  return typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string'
    ? node.value
    : null;
}

/** Returns the path in a string, or in a template that contains the whole path except its extension. */
function pathOf(node: unknown): string | null {
  if (typeof node !== 'object' || node === null || !('quasis' in node)) return text(node);
  const [before, after] = (node.quasis as readonly { readonly value: { readonly raw: string } }[]).map(
    ({ value }) => value.raw,
  );
  return before?.endsWith('/') === false && after === '' ? `${before}.ts` : null;
}

function nameOf(node: unknown): string | null {
  return typeof node === 'object' && node !== null && 'name' in node && typeof node.name === 'string'
    ? node.name
    : null;
}
