import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Ended } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';
import { addTypedTools } from '../../helpers/typed-tools.ts';

const PROGRAM = fileURLToPath(new URL('../../fixtures/stdio/noting-server.ts', import.meta.url));

let http: TestMcpServer;
let dir: TempDir;
let file: LocalFile;
beforeAll(async () => {
  http = await TestMcpServer.start(addTypedTools);
});
afterAll(() => http[Symbol.asyncDispose]());
beforeEach(() => {
  dir = new TempDir();
  const server = (name: string): object => ({
    command: process.execPath,
    args: [PROGRAM, name, join(dir.path, 'started')],
  });
  const url = { type: 'http', url: http.url };
  file = new LocalFile({
    one: url,
    'one.two': url,
    three: server('three'),
    'three.four': server('three.four'),
    diff: server('diff'),
  });
});
afterEach(() => {
  file[Symbol.dispose]();
  dir[Symbol.dispose]();
});

/** Names of the stdio servers that were started, in order. */
const started = (): readonly string[] => {
  const path = join(dir.path, 'started');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};

const on = (args: readonly string[], stdin?: string): Promise<Ended> =>
  runCliHere([...args, '--config', file.path, '--no-state'], stdin === undefined ? {} : { stdin });

describe('mcp-switchyard call', () => {
  it.each<[readonly string[], object]>([
    [['one.say', 'text=5', 'times=2', 'tags=a,b', 'loud=true'], { text: '5', times: 2, tags: ['a', 'b'], loud: true }],
    [['one.say', 'text=x', 'tags=a,b', 'tags=c'], { text: 'x', tags: ['a,b', 'c'] }],
    [
      ['one.say', 'text:="x"', 'where.lat=1', 'where.lng=2.5', 'loud=null'],
      { text: 'x', where: { lat: 1, lng: 2.5 }, loud: null },
    ],
    [['one.say', 'text:hello', 'times:', '3'], { text: 'hello', times: 3 }],
    [['one', 'say', 'text=x'], { text: 'x' }],
    [['one__say', 'text=x'], { text: 'x' }],
    [['one--say', 'text=x'], { text: 'x' }],
    [['one_two__say', 'text=x'], { text: 'x' }],
    [['one.say', '{"text":"a","times":1}', 'times=2'], { text: 'a', times: 2 }],
    [['one.say', '--args', '{"text":"a"}'], { text: 'a' }],
    [
      ['one.say(text: "it is (here)", where: { lat: 1 }, times: 2)'],
      { text: 'it is (here)', where: { lat: 1 }, times: 2 },
    ],
    [['one.say("first", times: 2)'], { text: 'first', times: 2 }],
    [['one.say', 'text=@@home'], { text: '@home' }],
  ])('`call` converts arguments to the types in the input schema of the tool: %j', async (words, expected) => {
    const { code, stdout } = await on(['call', ...words]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('`call` reads text and JSON arguments from files and from standard input', async () => {
    const path = join(dir.path, 'text.txt');
    writeFileSync(path, 'a\n5\n');
    expect(JSON.parse((await on(['call', 'one.say', `text=@${path}`])).stdout)).toEqual({ text: 'a\n5' });
    expect(JSON.parse((await on(['call', 'one.say', 'text=@-'], 'in')).stdout)).toEqual({ text: 'in' });
    expect(JSON.parse((await on(['call', 'one.say', '-', 'times=2'], '{"text":"in"}')).stdout)).toEqual({
      text: 'in',
      times: 2,
    });
    writeFileSync(path, '{"text":"x"}');
    expect(JSON.parse((await on(['call', 'one.say', '--args', `@${path}`])).stdout)).toEqual({ text: 'x' });
    expect((await on(['call', 'one.say', 'text=@/nowhere'])).stderr).toContain('Cannot read /nowhere (ENOENT)');
  });

  it('`call` starts only the stdio server that offers the tool', async () => {
    await on(['call', 'three.four.say', 'text=x']);
    expect(started()).toEqual(['three.four']);
  });

  it('`call` starts no server if the connector is unknown, and suggests a similar id', async () => {
    const { code, stderr } = await on(['call', 'onne.say', 'text=x']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no connector onne. Did you mean one?')]);
    expect(started()).toEqual([]);
  });

  it('`call` suggests a similar name if the tool is unknown', async () => {
    const { code, stderr } = await on(['call', 'one.sya', 'text=x']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('TOOL_UNKNOWN: Connector one has no tool sya. Did you mean say?'),
    ]);
    expect((await on(['call', 'one__zzzzzz'])).stderr).toContain('It has environment, fail, picture, say, slow.');
  });

  it('`call` with wrong arguments sends no request, and shows the signature of the tool with each mistake marked', async () => {
    const { code, stdout, stderr } = await on(['call', 'one.say', 'txt=x', 'times=soon', 'where.lat=1']);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('OPTIONS_INVALID: Wrong arguments for one.say (nothing was sent): ');
    expect(stderr).toMatch(/^ {2}text: string, +← is missing$/m);
    expect(stderr).toMatch(/^ {2}times\?: number, +← must be a whole number, not "soon"$/m);
    expect(stderr).toMatch(/^ {2}txt {2}← is not known; did you mean text\?$/m);
    expect(stderr).toMatch(/^Example: .* call one\.say text=text --config /m);
  });

  it('`call --json` lists the wrong arguments in its JSON document', async () => {
    const { code, stdout } = await on(['call', 'one.say', '--json']);
    expect([code, JSON.parse(stdout)]).toMatchObject([
      2,
      {
        ok: false,
        error: { code: 'OPTIONS_INVALID', problems: [{ argument: 'text', kind: 'missing', text: 'is missing' }] },
      },
    ]);
  });

  it('`call` says after how many seconds a call timed out, and which option sets the timeout', async () => {
    const { code, stderr } = await on(['call', 'one.slow', '--call-timeout', '1000']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/TOOL_CALL_TIMEOUT: .* 1 s\. .*`--call-timeout`/)]);
  });

  it('`call --save` saves images and files under safe names, and overwrites no file', async () => {
    const out = join(dir.path, 'out');
    const first = await on(['call', 'one.picture', '--save', out]);
    expect(first.code).toBe(0);
    expect(first.stdout.split('\n')).toEqual([
      'look',
      `[image: image/gif, 29 bytes; saved to ${join(out, 'one.picture.gif')}]`,
      `[file pass wd.pdf: application/pdf, 29 bytes; saved to ${join(out, 'pass_wd.pdf')}]`,
      'one <note://one> (text/plain, 1.2 kB)',
      '',
    ]);
    await on(['call', 'one.picture', '--save', out]);
    expect(readdirSync(out).toSorted()).toEqual([
      'one.picture-2.gif',
      'one.picture.gif',
      'pass_wd-2.pdf',
      'pass_wd.pdf',
    ]);
    expect(readFileSync(join(out, 'one.picture.gif')).subarray(0, 3).toString()).toBe('GIF');
    const shown = await on(['call', 'one.picture']);
    expect(shown.stdout).toContain('[image: image/gif, 29 bytes; give --save DIR to keep it]');
  });
});

describe('mcp-switchyard tools CONNECTOR', () => {
  it("`tools CONNECTOR` shows the signatures of the connector's tools, and starts no other server", async () => {
    const { code, stdout } = await on(['tools', 'three']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'three.say(\n  text: string,\n  times?: number,\n  tags?: string[],\n  loud?: boolean | null,\n',
    );
    expect(stdout).toContain(' * @param text What to say\n');
    expect(stdout).toContain('// read-only\n');
    expect(stdout).toMatch(/ call three\.say text=text --config /);
    expect(stdout).toContain('\n5 tools\n');
    expect(started()).toEqual(['three']);
  });

  it('`tools` shows a single tool if its name is given as `connector.tool` or `connector__tool`', async () => {
    for (const name of ['one.say', 'one__say']) {
      const { code, stdout } = await on(['tools', name]);
      expect([code, stdout]).toEqual([0, expect.stringContaining('one.say(')]);
      expect(stdout).not.toContain('picture');
    }
    const { stdout } = await on(['tools', 'one.say', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      tools: [
        { name: 'one.say', annotations: { readOnlyHint: true }, example: expect.stringContaining('call one.say') },
      ],
    });
  });

  it('`tools --connector` lists the tools of a connector whose id is also the name of a subcommand', async () => {
    expect((await on(['tools', '--connector', 'diff'])).stdout).toContain('diff.say(');
    expect(started()).toEqual(['diff']);
  });

  it('`tools CONNECTOR` suggests a similar id if the connector is unknown, and starts no server', async () => {
    const { code, stderr } = await on(['tools', 'onee']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Did you mean one/)]);
    expect(started()).toEqual([]);
  });
});
