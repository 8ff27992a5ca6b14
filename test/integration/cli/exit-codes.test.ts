import { afterEach, describe, expect, it } from 'vitest';
import { PACKAGE_VERSION } from '../../../src/shared/package-version.ts';
import { killRunning, runCli as run, startCli as start } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { eventually } from '../../helpers/eventually.ts';

afterEach(killRunning);

describe('mcp-switchyard', () => {
  it('`mcp-switchyard --help` prints an overview of all commands', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['demo', 'sync', 'doctor', 'Examples', 'Exit codes', 'NO_COLOR']) expect(stdout).toContain(word);
    for (const args of [[], ['help']]) expect(await runCliHere(args)).toEqual({ code: 0, stdout, stderr: '' });
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${PACKAGE_VERSION}\n`, stderr: '' });
  });

  it.each([
    [['help', 'dmeo'], "unknown command 'dmeo' (Did you mean demo?)"],
    [['dmeo'], "unknown command 'dmeo'\n(Did you mean demo?)"],
    [['demo', 'what'], 'too many arguments'],
    [['demo', '--onse'], "unknown option '--onse'\n(Did you mean --once?)"],
    [['call'], "missing required argument 'tool'"],
    [['sync', '--timeout', 'soon'], 'Give a number of milliseconds'],
  ])('a wrong command line exits with 2 and is explained on stderr: %j', async (args, message) => {
    const { code, stdout, stderr } = await runCliHere(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });

  it.each([{ args: [] }, { args: ['help'] }, { args: ['help', 'tools', 'diff'] }, { args: ['help', 'call'] }])(
    'the command line prints help and exits with 0 if the arguments are $args',
    async ({ args }) => {
      const { code, stdout, stderr } = await runCliHere(args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('Examples');
    },
  );

  it('the command line says in one line which version of Node.js it needs if the installed one is too old', async () => {
    const older =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})';
    const { code, stdout, stderr } = await run(['--version'], { nodeArgs: ['--import', older] });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^mcp-switchyard needs Node\.js 24 or newer; this is v\d+\.\d+\.\d+\. Install a newer version from .*\n$/,
    );
  });
});

describe('mcp-switchyard demo', () => {
  it('`demo` exits with 143 when SIGTERM arrives while it starts', async () => {
    const demo = start(['demo']);
    await eventually('it has started', () => demo.seen.stderr.includes('Starting'));
    demo.child.kill('SIGTERM');
    expect((await demo.ended).code).toBe(143);
  });
});
