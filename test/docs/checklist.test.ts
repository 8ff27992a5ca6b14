import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../src/main/cli/program.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
const documents = ['README.md', ...markdownBelow('docs')];

/** A quoted command line that starts with mcp-switchyard, or with its start file in a clone. */
const OWN_COMMAND = /`(?:mcp-switchyard|node_modules\/\.bin\/node src\/main\/cli\/bin\.ts) ([a-z]+)/g;

/**
 * A command that downloads mcp-switchyard, or a package with a similar name, from npm without asking. Anybody could
 * publish a package under one of these names. `npx mcp-switchyard` runs the package that is installed in the project.
 */
const FROM_NPM = /npx (?:(?:-y|--yes) (?:mcp-)?switchyard|switchyard)/;

function markdownBelow(folder: string): string[] {
  return readdirSync(fileURLToPath(new URL(folder, root)), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);
}

/** Whether the words are a command or subcommand of this program, with or without arguments. */
function isCommand(words: readonly string[], command: Command): boolean {
  const [first, ...rest] = words;
  const found = command.commands.find((below) => below.name() === first);
  if (found === undefined) return command.registeredArguments.length > 0 && command.parent !== null;
  return (
    rest.length === 0 ||
    found.commands.length === 0 ||
    isCommand(rest, found) ||
    found.registeredArguments.length > 0 ||
    /^[-A-Z./]/.test(rest[0] ?? '')
  );
}

describe('documents', () => {
  it.each(documents)('the page %s mentions only npm scripts and commands that exist', (path) => {
    const text = read(path);
    const names = [...text.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, name = '']) => name);
    expect(names.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
    const program = createProgram(() => {});
    const commands = [...text.matchAll(OWN_COMMAND)].map(([, name = '']) => name);
    expect(commands.filter((name) => !isCommand([name], program))).toEqual([]);
  });

  it.each([...documents, 'CHANGELOG.md', 'CONTRIBUTING.md'])(
    'the page %s has no command that makes npm download a package with the name of this project',
    (path) => {
      expect(read(path)).not.toMatch(FROM_NPM);
    },
  );

  it.each(documents)('every relative link of the page %s leads to an existing file', (path) => {
    const links = [...read(path).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(new URL(link, new URL(path, root))))).toEqual([]);
  });

  it.each(['CONTRIBUTING.md', ...documents])('every source file or folder that the page %s mentions exists', (path) => {
    const named = [...read(path).matchAll(/`((?:src|test|bench|scripts)\/[\w./-]+)`/g)].map(([, name = '']) => name);
    // The folder bench/results exists only after a benchmark has run.
    expect(named.filter((name) => name !== 'bench/results' && !existsSync(new URL(name, root)))).toEqual([]);
  });

  it('each of the three journeys through the code in CONTRIBUTING.md mentions each source file at most once', () => {
    const journeys =
      read('CONTRIBUTING.md')
        .split('## Three journeys')[1]
        ?.split('\n## ')[0]
        ?.split(/^\*\*A/m)
        .slice(1) ?? [];
    expect(journeys).toHaveLength(3);
    for (const journey of journeys) {
      const steps = journey.split('\n').filter((line) => /^\d+\. /.test(line));
      const files = steps.flatMap((line) => [...line.matchAll(/`(src\/[\w./-]+\.ts)`/g)].map(([, file]) => file));
      expect(new Set(files).size).toBe(files.length);
      expect(steps.length).toBeGreaterThan(8);
    }
  });

  it('docs/qa-checklist.md lists more than 15 steps, each with a command that can be run', () => {
    const steps = read('docs/qa-checklist.md')
      .split('\n')
      .filter((line) => /^\| \d+ \|/.test(line));
    expect(steps.length).toBeGreaterThan(15);
    const works = /^\| \d+ \| `(npm|npx|promtool|node_modules\/\.bin\/node src\/main\/cli\/bin\.ts) [^`]+` \|/;
    for (const step of steps) expect(step).toMatch(works);
  });
});
