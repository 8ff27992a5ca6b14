import { Anchors } from './anchors.ts';
import type { Declaration, DeclarationFiles, Origin } from './declaration-files.ts';
import type { Entry, Section } from './reference.ts';

const HEADS: readonly (readonly [Declaration['kind'], string])[] = [
  ['class', 'Classes'],
  ['function', 'Functions'],
  ['constant', 'Constants'],
  ['type', 'Types'],
];

const INTRODUCTION = `# API reference

Every name that the package exports, with its declaration. [library.md](library.md) shows how to use them, and
[options.md](options.md) explains the options. Codes in capitals are explained in [errors.md](errors.md).

This page is generated from the declaration files of the package by \`npm run docs\`.
`;

/** Renders the reference as a Markdown page. */
export function renderReference(sections: readonly Section[], files: DeclarationFiles): string {
  const anchors = new Anchors();
  anchors.take('API reference');
  const page = new ReferencePage(files, anchors, sections);
  return [INTRODUCTION, ...sections.map((section) => page.section(section))].join('\n');
}

const NOT_EXPORTED = 'Types that are not exported';

class ReferencePage {
  readonly #files: DeclarationFiles;
  /** The anchor of each declaration on the page, by the key of the declaration. */
  readonly #anchors = new Map<string, string>();

  /** Computes all anchors, in the order of the headings on the page. */
  constructor(files: DeclarationFiles, anchors: Anchors, sections: readonly Section[]) {
    this.#files = files;
    for (const { entryPoint, exported, mentioned } of sections) {
      anchors.take(entryPoint.specifier);
      for (const entry of exported) this.#note(entry, anchors.take(entry.name));
      if (mentioned.length > 0) anchors.take(NOT_EXPORTED);
      for (const entry of mentioned) this.#note(entry, anchors.take(entry.name));
    }
  }

  #note({ declaration, shownAt }: Entry, anchor: string): void {
    if (shownAt === null) this.#anchors.set(declaration.key, anchor);
  }

  section({ entryPoint, exported, mentioned }: Section): string {
    const { specifier, about } = entryPoint;
    const contents = HEADS.flatMap(([kind, head]) => {
      const entries = exported.filter(({ declaration }) => declaration.kind === kind);
      return entries.length === 0
        ? []
        : [`| ${head} | |\n| --- | --- |\n${entries.map((one) => this.#row(one)).join('')}`];
    });
    const rest = mentioned.map((entry) => this.#entry(entry, '####'));
    return [
      `## \`${specifier}\`\n`,
      `${about}\n`,
      ...contents,
      ...exported.map((entry) => this.#entry(entry, '###')),
      ...(rest.length === 0 ? [] : [`### ${NOT_EXPORTED}\n`, 'Exported names mention them.\n', ...rest]),
    ].join('\n');
  }

  /** Returns a row of the table of contents, with the name and the first sentence of the docstring. */
  #row(entry: Entry): string {
    const [sentence = ''] = /^[\s\S]*?(?:\.(?=\s|$)|:(?=\n|$))/.exec(this.#prose(entry.declaration)) ?? [];
    const plain = sentence.replace(/\s+/g, ' ').replaceAll('|', '\\|').replace(/:$/, '.');
    return `| ${this.#link(entry)} | ${plain} |\n`;
  }

  #entry(entry: Entry, heading: string): string {
    const { name, declaration, shownAt } = entry;
    if (shownAt !== null)
      return `${heading} ${name}\n\nAnother name of ${this.#link({ ...shownAt, declaration })} of \`${shownAt.specifier}\`.\n`;
    const mentioned = this.#files.mentionedBy(declaration).map((origin) => this.#mention(origin));
    return [
      `${heading} ${name}\n`,
      ...(declaration.doc === '' ? [] : [`${this.#prose(declaration)}\n`]),
      `\`\`\`typescript\n${declaration.code.replace(LINK, '$1')}\n\`\`\`\n`,
      ...(mentioned.length === 0 ? [] : [`Mentions ${mentioned.join(', ')}.\n`]),
    ].join('\n');
  }

  #link({ name, declaration }: Pick<Entry, 'name' | 'declaration'>): string {
    return `[\`${name}\`](#${this.#anchors.get(declaration.key)})`;
  }

  #mention(origin: Origin): string {
    if (origin.kind === 'foreign') return `\`${origin.name}\` of \`${origin.from}\``;
    return this.#link({ name: origin.name, declaration: origin });
  }

  /**
   * Returns the docstring in Markdown. `{@link NAME}` becomes a link if the declaration mentions NAME, and code if it
   * does not.
   */
  #prose(declaration: Declaration): string {
    const links = this.#files.mentionedBy(declaration).filter((one) => one.kind !== 'foreign');
    return declaration.doc.replace(LINK, (_, name: string) => {
      const target = links.find((one) => one.name === name);
      return target === undefined ? `\`${name}\`` : this.#mention(target);
    });
  }
}

const LINK = /\{@link\s+([\w.]+)\s*\}/g;
