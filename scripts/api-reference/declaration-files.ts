import { posix } from 'node:path';
import type { Comment, Program } from 'oxc-parser';
import { parseSync } from 'oxc-parser';
import { mentionsOf } from './mentions.ts';

/** One declaration of a bundled declaration file. */
export interface Declaration {
  /**
   * The path of the file, and the name of the declaration in that file. The key is the same for all imports of the
   * declaration.
   */
  readonly key: string;
  readonly kind: 'class' | 'function' | 'constant' | 'type';
  /** The name of the declaration in its file. */
  readonly name: string;
  /** The text of the docstring without stars; empty if the declaration has no docstring. */
  readonly doc: string;
  /** The declaration without `export` and `declare`. */
  readonly code: string;
  /** The names of other declarations that this declaration mentions, as they are written in its file. */
  readonly mentions: readonly string[];
}

/** What a name in a file refers to: a declaration in these files, or an export of another package. */
export type Origin = Declaration | { readonly kind: 'foreign'; readonly name: string; readonly from: string };

/** The declaration files of the package. For every name in a file, the declaration that it refers to can be found. */
export class DeclarationFiles {
  readonly #files = new Map<string, ParsedFile>();

  /** `texts` contains the path and the text of each file. Paths are separated by `/`. */
  constructor(texts: Iterable<readonly [path: string, text: string]>) {
    for (const [path, text] of texts) this.#files.set(path, parseFile(path, text));
  }

  /** Returns the declarations that a file exports, by their exported names. Throws if the file is unknown. */
  exportsOf(path: string): ReadonlyMap<string, Declaration> {
    const found = new Map<string, Declaration>();
    for (const [exported, local] of this.#file(path).exports) {
      const origin = this.#resolve(path, local);
      if (origin === null || origin.kind === 'foreign')
        throw new Error(`${path} exports ${local}, but neither declares nor imports it`);
      found.set(exported, origin);
    }
    return found;
  }

  /**
   * Returns the declarations that a declaration mentions. Type parameters and names that are part of the language are
   * left out.
   */
  mentionedBy({ key, mentions }: Declaration): readonly Origin[] {
    const path = key.slice(0, key.indexOf('#'));
    return mentions.flatMap((name) => this.#resolve(path, name) ?? []);
  }

  #resolve(path: string, name: string): Origin | null {
    const file = this.#file(path);
    const declared = file.declarations.get(name);
    if (declared !== undefined) return declared;
    const imported = file.imports.get(name);
    if (imported === undefined) return null;
    if (!imported.from.startsWith('.')) return { kind: 'foreign', name: imported.name, from: imported.from };
    const target = posix.join(posix.dirname(path), imported.from).replace(/\.js$/, '.d.ts');
    return this.#resolve(target, this.#file(target).exports.get(imported.name) ?? imported.name);
  }

  #file(path: string): ParsedFile {
    const file = this.#files.get(path);
    if (file === undefined) throw new Error(`There is no declaration file ${path}`);
    return file;
  }
}

interface ParsedFile {
  readonly declarations: ReadonlyMap<string, Declaration>;
  readonly imports: ReadonlyMap<string, { readonly from: string; readonly name: string }>;
  /** Exported names, each with the name of the declaration in the file. */
  readonly exports: ReadonlyMap<string, string>;
}

const KINDS: Readonly<Record<string, Declaration['kind']>> = {
  ClassDeclaration: 'class',
  TSDeclareFunction: 'function',
  VariableDeclaration: 'constant',
  TSInterfaceDeclaration: 'type',
  TSTypeAliasDeclaration: 'type',
};

type Statement = Program['body'][number];

function parseFile(path: string, text: string): ParsedFile {
  const { program, comments, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const file = {
    declarations: new Map<string, Declaration>(),
    imports: new Map<string, { from: string; name: string }>(),
    exports: new Map<string, string>(),
  };
  for (const statement of program.body) readStatement(statement, { path, text, comments, file });
  return file;
}

interface Reading {
  readonly path: string;
  readonly text: string;
  readonly comments: readonly Comment[];
  readonly file: {
    readonly declarations: Map<string, Declaration>;
    readonly imports: Map<string, { from: string; name: string }>;
    readonly exports: Map<string, string>;
  };
}

function readStatement(statement: Statement, reading: Reading): void {
  const { file } = reading;
  if (statement.type === 'ImportDeclaration') {
    for (const one of statement.specifiers) {
      if (one.type !== 'ImportSpecifier') throw new Error(`${reading.path} imports more than names`);
      file.imports.set(one.local.name, { from: statement.source.value, name: nameOf(one.imported) });
    }
    return;
  }
  const isExport = statement.type === 'ExportNamedDeclaration';
  if (isExport) for (const one of statement.specifiers) file.exports.set(nameOf(one.exported), nameOf(one.local));
  const node = isExport ? statement.declaration : statement;
  const kind = node === null ? undefined : KINDS[node.type];
  if (node === null || kind === undefined) return;
  const name = declaredName(node);
  if (isExport) file.exports.set(name, name);
  const { path, text } = reading;
  file.declarations.set(name, {
    ...{ key: `${path}#${name}`, kind, name },
    doc: docBefore(statement.start, reading),
    code: plainCode(text.slice(node.start, node.end)),
    mentions: mentionsOf(node).filter((mentioned) => mentioned !== name),
  });
}

function declaredName(node: object): string {
  const { id, declarations } = node as {
    id?: { name: string } | null;
    declarations?: readonly { id: { name: string } }[];
  };
  return id?.name ?? declarations?.[0]?.id.name ?? '';
}

function nameOf(node: { readonly name: string } | { readonly value: string }): string {
  return 'name' in node ? node.name : node.value;
}

/** Returns the docstring that ends directly before an offset. */
function docBefore(offset: number, { text, comments }: Reading): string {
  const comment = comments.findLast(({ end }) => end <= offset);
  if (comment === undefined || comment.type !== 'Block' || !comment.value.startsWith('*')) return '';
  if (text.slice(comment.end, offset).trim() !== '') return '';
  const lines = comment.value.slice(1).split('\n');
  return lines
    .map((line) => line.replace(/^ *\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/** Removes the parts of a declaration that only the compiler needs. */
function plainCode(code: string): string {
  return code.replace(/^declare /, '').replace(/^ +#private;\n/m, '');
}
