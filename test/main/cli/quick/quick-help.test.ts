import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { commandsOf, quickData, writeQuickFiles } from '../../../../scripts/build-help.ts';
import { createProgram } from '../../../../src/main/cli/program.ts';
import { answerQuickly } from '../../../../src/main/cli/quick/answer-quickly.ts';
import { OWN_COMMAND, type QuickHelpData } from '../../../../src/main/cli/quick/quick-data.ts';
import { renderHelp } from '../../../../src/main/cli/quick/render-help.ts';
import { ownCommand } from '../../../../src/main/cli/terminal/own-command.ts';
import { runCliHere } from '../../../helpers/cli-in-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'switchyard-test-'));
const bin = pathToFileURL(join(folder, 'bin.js')).href;
let data: QuickHelpData;

beforeAll(() => {
  data = quickData();
  writeQuickFiles(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the help text that a command line prints without commander, or null if commander has to parse it. */
async function quickly(...argv: readonly string[]): Promise<string | null> {
  let text = '';
  const keep = (chunk: unknown): boolean => {
    text += String(chunk);
    return true;
  };
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(keep as never);
  const log = vi.spyOn(console, 'log').mockImplementation((line: unknown) => void keep(`${String(line)}\n`));
  try {
    return (await answerQuickly(argv, bin)) ? text : null;
  } finally {
    write.mockRestore();
    log.mockRestore();
  }
}

describe('help that is printed without loading commander', () => {
  it("the help that is printed without loading commander equals commander's output at every terminal width", () => {
    const program = createProgram(() => {});
    const commands = commandsOf(program);
    expect(commands.length).toBeGreaterThan(20);
    for (const { words, command } of commands) {
      for (const width of [20, 40, 60, 79, 80, 81, 100, 120, 200, 0]) {
        let expected = '';
        const take = (text: string): void => {
          expected += text;
        };
        command.configureOutput({ writeOut: take, getOutHelpWidth: () => width, getOutHasColors: () => false });
        command.outputHelp();
        const help = data.help[words];
        if (help === undefined) throw new Error(`No help of ${words}`);
        expect(renderHelp(help, width, ownCommand()), `${words} at ${width}`).toBe(expected);
      }
    }
  });

  it('the help that is printed without loading commander shows no paths of the machine that built the package', () => {
    const text = JSON.stringify(data);
    expect(text).not.toContain(process.execPath);
    expect(text).not.toContain(process.cwd());
    expect(renderHelp(data.help['tools approve'] as never, 80, 'npx --no -- mcp-switchyard')).not.toContain(
      OWN_COMMAND,
    );
  });

  it.each<[readonly string[]]>([
    [[]],
    [['help']],
    [['--help']],
    [['-h']],
    [['serve', '--help']],
    [['help', 'tools', 'diff']],
    [['tools', 'approve', '-h']],
  ])(
    'the help that is printed without loading commander for the words %j equals the output of the full CLI',
    async (argv) => {
      const { code, stdout, stderr } = await runCliHere(argv);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(await quickly(...argv)).toBe(stdout);
    },
  );

  it('the version that is printed without loading commander equals the output of the full CLI', async () => {
    expect(await quickly('--version')).toBe((await runCliHere(['--version'])).stdout);
  });

  it('only requests for help or for the version are answered without loading commander', async () => {
    for (const argv of [['serve'], ['no-such', '--help'], ['serve', '--json', '--help'], ['completion', 'tcsh']])
      expect(await quickly(...argv), argv.join(' ')).toBeNull();
    expect(await answerQuickly(['--help'], pathToFileURL(join(folder, 'elsewhere', 'bin.js')).href)).toBe(false);
  });
});
