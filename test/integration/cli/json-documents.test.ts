import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf } from '../../../scripts/build-help.ts';
import { createProgram } from '../../../src/main/cli/program.ts';
import { CONNECTOR_CASES } from '../../helpers/json-documents/connector-cases.ts';
import { expectDocument, runCase } from '../../helpers/json-documents/document-case.ts';
import { type DocumentWorld, startDocumentWorld } from '../../helpers/json-documents/document-world.ts';
import { FILE_CASES } from '../../helpers/json-documents/file-cases.ts';
import { STARTED_ELSEWHERE } from '../../helpers/json-documents/started-elsewhere.ts';

const CASES = [...CONNECTOR_CASES, ...FILE_CASES];
const ALL = commandsOf(createProgram(() => {}));
const WITH_JSON = ALL.filter(({ command }) => command.options.some(({ long }) => long === '--json'));

const PAGE = readFileSync(new URL('../../../docs/json-output.md', import.meta.url), 'utf8');

let world: DocumentWorld;
beforeAll(async () => {
  world = await startDocumentWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

describe('the --json documents of the command line', () => {
  it('each command with --json has a test case that succeeds and a test case that fails', () => {
    const succeeding = [...CASES.filter(({ code }) => code === 0), ...STARTED_ELSEWHERE].map(({ command }) => command);
    const failing = CASES.filter(({ code }) => code !== 0).map(({ command }) => command);
    const named = WITH_JSON.map(({ words }) => words);
    expect(named.length).toBeGreaterThan(35);
    expect(named.filter((words) => !succeeding.includes(words))).toEqual([]);
    expect(named.filter((words) => !failing.includes(words))).toEqual([]);
  });

  it.each([...CASES, ...STARTED_ELSEWHERE])(
    'docs/json-output.md names all fields of the --json document of `$command`',
    (one) => {
      const sections = PAGE.split(/^#{2,3} /m).filter((section) => section.includes(`\`${one.command}\``));
      const missing = sections.map((section) =>
        one.members.filter((name) => !new RegExp(`\\b${name}\\b`).test(section)),
      );
      expect(missing.toSorted((a, b) => a.length - b.length)[0]).toEqual([]);
    },
  );

  it.each(CASES.map((one) => ({ ...one, error: one.error ?? 'no error', one })))(
    '`$command --json` exits with $code ($error), and its document has exactly the expected fields ($members)',
    async ({ one }) => {
      await runCase(one, world);
    },
  );

  it('a command prints a JSON document if --json stands before the subcommand, as in `tools --json digest`', async () => {
    const ended = await world.run(['tools', '--json', 'digest', 'one', ...world.up]);
    expectDocument(ended, { code: 0, members: ['connector', 'toolDigests', 'leftOut'] });
  });

  it('with --json, an unknown command prints a JSON document, but help is still plain text', async () => {
    expectDocument(await world.run(['help', 'none', '--json']), { code: 2, error: 'OPTIONS_INVALID', members: [] });
    expect((await world.run(['tools', '--help', '--json'])).stdout).toMatch(/^Usage/);
  });

  it('`serve --stdio --json` prints no JSON document, because its stdout belongs to the client', async () => {
    const ended = await world.run(['serve', '--stdio', '--json', '--separator', '!']);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
  });

  it('a command prints no JSON document if --json is an argument of a stdio server after `--`', async () => {
    const ended = await world.run(['tools', '--', 'node', '--json']);
    expect([ended.code, ended.stdout]).toEqual([1, '0 tools\n']);
  });

  it.each(ALL.map(({ words }) => ({ words })))(
    'the command "$words" with --json reports an unknown option in its JSON document, and exits with 2',
    async ({ words }) => {
      const ended = await world.run([...words.split(' ').filter((word) => word !== ''), '--json', '--nonsense']);
      expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([
        2,
        { ok: false, error: { code: 'OPTIONS_INVALID' } },
      ]);
    },
  );
});
