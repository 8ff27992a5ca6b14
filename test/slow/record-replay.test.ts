import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readRecording } from '../../src/main/cli/commands/replay/read-recording.ts';
import { ConnectorProxyManager } from '../../src/main/manager/connector-proxy-manager.ts';
import { runCli } from '../helpers/cli.ts';
import { type AddTools, TestMcpServer } from '../helpers/mcp-server.ts';
import { type Call, converse, type Speaker } from '../helpers/recorded-conversation.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const everything = [
  process.execPath,
  resolve('node_modules/@modelcontextprotocol/server-everything/dist/index.js'),
  'stdio',
];
const fixture = [process.execPath, resolve('test/fixtures/stdio/modern-server.ts')];

const SECRET = 'kT9/vQ+2 "x" Zürich-7731';

const CALLS: readonly Call[] = [
  ['echo', { message: 'first' }],
  ['get-sum', { a: 2, b: 3 }],
  ['trigger-long-running-operation', { duration: 0.4, steps: 4 }],
  ['trigger-sampling-request', { prompt: 'Two and two?', maxTokens: 20 }],
  ['trigger-elicitation-request', {}],
  ['get-roots-list', {}],
  ['echo', { wrong: true }],
  ['echo', { message: 'first' }],
];

/**
 * Returns the events that a client always sees in the same order during its calls. The last step of a tool's progress
 * often arrives in one read with the response. Then the SDK 1.x handles the response first and drops the step. The
 * server requests roots on its own schedule, independently of the calls.
 */
const ofCalls = (meanwhile: readonly unknown[]): readonly unknown[] =>
  meanwhile.filter((one) => {
    const [, kind, params] = one as [string, string, { progress?: number; total?: number }?];
    return kind !== 'roots' && (kind !== 'progress' || params?.progress !== params?.total);
  });

const rootsAsked = (meanwhile: readonly unknown[]): number =>
  meanwhile.filter((one) => (one as [string, string])[1] === 'roots').length;

const addTools: AddTools = (server) => {
  server.registerTool('echo', { inputSchema: z.object({ message: z.string() }) }, ({ message }) => ({
    content: [{ type: 'text', text: `echo ${message}` }],
  }));
};

describe('record and replay', () => {
  const folder = new TempDir();
  const file = (name: string): string => join(folder.path, name);

  afterAll(() => folder[Symbol.dispose]());

  it('`replay` repeats the results, errors, progress and server requests that `record` wrote for a real server', async () => {
    const seen = await converse(['record', file('all.jsonl'), '--', ...everything], CALLS);
    expect(seen.outcomes).toHaveLength(CALLS.length);
    expect(JSON.stringify(seen.meanwhile)).toMatch(/progress.*sampling.*elicitation/);
    expect(statSync(file('all.jsonl')).mode & 0o777).toBe(0o600);
    const again = await converse(['replay', file('all.jsonl')], CALLS);
    expect({ ...again, meanwhile: ofCalls(again.meanwhile) }).toEqual({ ...seen, meanwhile: ofCalls(seen.meanwhile) });
    expect(rootsAsked(again.meanwhile)).toBe(rootsAsked(seen.meanwhile));
    // The replay leaves time between the last progress step and the response, so the SDK does not drop this step.
    expect(again.meanwhile).toContainEqual(['trigger-long-running-operation', 'progress', { progress: 4, total: 4 }]);
  }, 120_000);

  it.each<Speaker>(['1.x', 'legacy', 'modern'])(
    '`replay` answers a %s client like the recorded server did',
    async (speaker) => {
      const calls: readonly Call[] = [['greet', { name: 'Ada' }]];
      // A modern client of the SDK starts a second process to probe the protocol, so two processes are recorded.
      for (const append of [[], ['--append']]) {
        const path = file(`${speaker}${append.length}.jsonl`);
        const seen = await converse(['record', path, ...append, '--', ...fixture], calls, speaker);
        expect(seen.outcomes).toMatchObject([{ content: [{ text: 'Hello Ada' }] }]);
        expect(await converse(['replay', path], calls, speaker)).toEqual(seen);
      }
    },
    120_000,
  );

  it.each<Speaker>(['1.x', 'legacy', 'modern'])(
    '`record` can record a server at a URL, and `replay` answers a %s client like the server did',
    async (speaker) => {
      await using server =
        speaker === 'modern' ? await TestMcpServer.start(addTools) : await TestMcpServer.startWithSessions(addTools);
      const calls: readonly Call[] = [['echo', { message: 'hi' }]];
      const path = file(`http-${speaker}.jsonl`);
      const seen = await converse(['record', path, server.url], calls, speaker);
      expect(seen.outcomes).toMatchObject([{ content: [{ text: 'echo hi' }] }]);
      await server[Symbol.asyncDispose]();
      expect(await converse(['replay', path], calls, speaker)).toEqual(seen);
    },
    60_000,
  );

  it('`record` writes no secrets of the environment or the command to the file, but forwards them to the client', async () => {
    const env = { SERVICE_TOKEN: SECRET };
    const calls: readonly Call[] = [
      'plain',
      encodeURIComponent(SECRET),
      Buffer.from(`user:${SECRET}`).toString('base64'),
      SECRET,
    ].map((message) => ['echo', { message }] as const);
    const path = file('secret.jsonl');
    const seen = await converse(
      ['record', path, '--', ...everything, '--api-key=sesame-and-lilies'],
      calls,
      '1.x',
      env,
    );
    expect(seen.outcomes.at(-1)).toMatchObject({ content: [{ text: expect.stringContaining(SECRET) }] });
    const text = readFileSync(path, 'utf8');
    for (const form of [SECRET, encodeURIComponent(SECRET), JSON.stringify(SECRET).slice(1, -1)])
      expect(text).not.toContain(form);
    expect(text).not.toContain(Buffer.from(`user:${SECRET}`).toString('base64').slice(8, 20));
  }, 60_000);

  it('`replay` can replay a recording up to the moment at which `record` was killed', async () => {
    const path = file('killed.jsonl');
    const kill = async (pid: number): Promise<void> => void process.kill(pid, 'SIGKILL');
    const seen = await converse(['record', path, '--', ...everything], CALLS.slice(0, 2), '1.x', {}, kill);
    writeFileSync(path, '{"connector":null,"conn', { flag: 'a' });
    expect(readRecording(path).isTorn).toBe(true);
    expect(await converse(['replay', path], CALLS.slice(0, 2))).toEqual(seen);
  }, 60_000);

  it('`record` exits with the code of the server, and `replay` reports the damaged line of a recording', async () => {
    const ended = await runCli(['record', file('exit.jsonl'), '--', process.execPath, '-e', 'process.exit(7)']);
    expect(ended.code).toBe(7);
    const none = await runCli(['record', file('none.jsonl'), '--', './no-such-command']);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('CONNECTOR_COMMAND_FAILED') });
    writeFileSync(file('bad.jsonl'), '{"mcpRecording":1}\n{"connector"\n{}\n');
    const damaged = await runCli(['replay', file('bad.jsonl')]);
    expect(damaged).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/RECORDING_INVALID: .*line 2 is not JSON/),
    });
  }, 60_000);
});

describe('serve --record', () => {
  const folder = new TempDir();
  const path = join(folder.path, 'all.jsonl');
  const config = join(folder.path, 'mcp.json');
  let server: TestMcpServer;

  beforeAll(async () => {
    server = await TestMcpServer.start(addTools);
    const [command, ...args] = everything;
    const headers = { Authorization: `Bearer ${Buffer.from(SECRET).toString('hex')}` };
    const mcpServers = {
      things: { command, args, env: { API_KEY: SECRET } },
      web: { type: 'http', url: `${server.url}?api_key=lilies-of-the-field`, headers },
    };
    writeFileSync(config, JSON.stringify({ mcpServers }));
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  });

  it('`serve --record` records all connectors, and `replay` replays all of them or a single one', async () => {
    const calls: readonly Call[] = [
      ['things__echo', { message: 'hi' }],
      ['web__echo', { message: 'ho' }],
      ['things__trigger-long-running-operation', { duration: 0.3, steps: 3 }],
      ['things__trigger-sampling-request', { prompt: 'Why?', maxTokens: 5 }],
      ['things__get-env', {}],
    ];
    const serve = ['serve', '--stdio', '--no-state', '--config', config, '--record', path];
    const seen = await converse(serve, calls);
    expect(seen.outcomes).toMatchObject([
      { content: [{ text: 'Echo: hi' }] },
      { content: [{ text: 'echo ho' }] },
      {},
      {},
      {},
    ]);
    expect(JSON.stringify(seen.meanwhile)).toMatch(/progress.*sampling/);

    const text = readFileSync(path, 'utf8');
    const written = JSON.stringify(SECRET).slice(1, -1);
    for (const secret of [
      written,
      JSON.stringify(written).slice(1, -1),
      Buffer.from(SECRET).toString('hex'),
      'lilies-of-the-field',
    ])
      expect(text).not.toContain(secret);

    const again = await converse(['replay', path], calls);
    expect(again.tools).toEqual(seen.tools);
    expect(again.outcomes.slice(0, 4)).toEqual(seen.outcomes.slice(0, 4));
    expect(ofCalls(again.meanwhile)).toEqual(ofCalls(seen.meanwhile));
    const alone: readonly Call[] = [['echo', { message: 'ho' }]];
    for (const speaker of ['1.x', 'modern'] as const) {
      const own = await converse(['replay', path, '--connector', 'web'], alone, speaker);
      expect(own.outcomes).toMatchObject([{ content: [{ text: 'echo ho' }] }]);
    }
  }, 180_000);

  it('the `record` option of a manager records all connectors, like `serve --record`', async () => {
    const record = join(folder.path, 'library.jsonl');
    {
      await using manager = new ConnectorProxyManager({ configFile: config, record });
      await manager.sync();
      await manager.callTool('web.echo', { message: SECRET });
    }
    const { lines, isTorn } = readRecording(record);
    expect(isTorn).toBe(false);
    const methods = lines.flatMap(({ connector, message }) => (connector === 'web' ? (message.method ?? []) : []));
    // tools/list was sent in parallel to server/discover.
    expect(methods.slice(0, 3)).toEqual(['server/discover', 'tools/list', 'tools/call']);
    expect(new Set(lines.map(({ connector }) => connector))).toEqual(new Set(['things', 'web']));
  }, 60_000);
});
