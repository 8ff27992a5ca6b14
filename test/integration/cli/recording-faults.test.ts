import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readRecording } from '../../../src/main/cli/commands/replay/read-recording.ts';
import { killRunning, type RunningCli, startCli } from '../../helpers/cli.ts';
import { eventually } from '../../helpers/eventually.ts';
import { answerTo, INITIALIZE, send } from '../../helpers/first-answers-place.ts';
import { LocalFile } from '../../helpers/local-file.ts';
import { RawSseServer, type SseAnswer } from '../../helpers/raw-sse-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

afterEach(killRunning);

const INITIALIZED = { method: 'notifications/initialized' };
const call = (id: number, name: string, word: string) => ({
  id,
  method: 'tools/call',
  params: { name, arguments: { word } },
});

/** Answers every call, except calls with the argument `hang`. */
const unlessHanging: SseAnswer = ({ message, accept, result }) => {
  if (JSON.stringify(message).includes('hang')) accept();
  else result({ content: [{ type: 'text', text: 'an answer' }] });
};

/** Starts an SSE server that rejects POSTs to the URL of its event stream, which newer clients try first. */
const startServer = (): Promise<RawSseServer> =>
  RawSseServer.start({
    initialize: ({ path, response, result }) => {
      if (path === '/sse') response.writeHead(405).end();
      else
        result({
          protocolVersion: '2024-11-05',
          capabilities: { tools: {} },
          serverInfo: { name: 'sse', version: '1' },
        });
    },
    'tools/call': unlessHanging,
  });

/** Checks that every line of a recording is valid, and returns the methods of its requests. */
function recordedMethods(path: string): unknown[] {
  const { lines, isTorn } = readRecording(path);
  expect(isTorn).toBe(false);
  expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
  return lines.flatMap(({ message }) => message.method ?? []);
}

describe('SIGTERM in the middle of a recording over SSE', { timeout: 60_000 }, () => {
  it('SIGTERM ends `record` with exit code 0, and the recording of an SSE server contains every message', async () => {
    await using server = await startServer();
    using folder = new TempDir();
    const path = join(folder.path, 'one.jsonl');
    const cli = startCli(['record', path, server.url.href], { keepsStdin: true });
    send(cli, INITIALIZE);
    await eventually('it is initialized', () => answerTo(cli, 1) !== undefined);
    send(cli, INITIALIZED, call(2, 'echo', 'first'), call(3, 'echo', 'hang'));
    await eventually('one call is answered', () => answerTo(cli, 2) !== undefined);
    await eventually('the other one hangs', () => server.of('tools/call').length === 2);
    cli.child.kill('SIGTERM');
    const { code, stderr } = await cli.ended;
    expect(recordedMethods(path)).toEqual(['initialize', INITIALIZED.method, 'tools/call', 'tools/call']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await eventually('the stream is closed', () => server.openStreams === 0);
  });

  it('SIGTERM ends `serve --record` with exit code 0, and the recording contains every call', async () => {
    await using server = await startServer();
    using file = new LocalFile({ web: { type: 'sse', url: server.url.href } });
    using folder = new TempDir();
    const path = join(folder.path, 'all.jsonl');
    const args = ['serve', '--stdio', '--no-state', '--config', file.path, '--record', path, '--drain', '100'];
    const cli = startCli(args, { keepsStdin: true });
    send(cli, INITIALIZE, INITIALIZED, call(2, 'web__echo', 'first'), call(3, 'web__echo', 'hang'));
    await eventually('one call is answered', () => answerTo(cli, 2) !== undefined);
    await eventually('the other one hangs', () => server.of('tools/call').length === 2);
    cli.child.kill('SIGTERM');
    const { code } = await cli.ended;
    expect(recordedMethods(path).filter((method) => method === 'tools/call')).toHaveLength(2);
    expect(code).toBe(0);
    await eventually('the stream is closed', () => server.openStreams === 0);
  });
});

/** Lets a process write no file beyond 4 KiB from now on. Its writes then fail as on a full disk, but with EFBIG. */
const limit = ({ child }: RunningCli): void =>
  void execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=4096:4096']);

const env = { NODE_DISABLE_COMPILE_CACHE: '1' };

describe.skipIf(process.platform !== 'linux')('a full disk', { timeout: 60_000 }, () => {
  const many = Array.from({ length: 40 }, (_, index) => call(10 + index, 'echo', 'x'.repeat(200)));

  it('`record` answers all calls when the disk is full, and then fails with `RECORDING_FAILED`', async () => {
    await using server = await startServer();
    using folder = new TempDir();
    const path = join(folder.path, 'one.jsonl');
    const cli = startCli(['record', path, server.url.href], { keepsStdin: true, env });
    send(cli, INITIALIZE);
    await eventually('it is initialized', () => answerTo(cli, 1) !== undefined);
    limit(cli);
    send(cli, INITIALIZED, ...many);
    await eventually('every call is answered', () => many.every(({ id }) => answerTo(cli, id) !== undefined));
    await eventually('the failure is reported', () => cli.seen.stderr.includes('RECORDING_FAILED'));
    cli.child.stdin?.end();
    const { code, stderr } = await cli.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/RECORDING_FAILED: .*EFBIG/)]);
  });

  it('`serve --record` answers all calls when the disk is full, and logs the failure once', async () => {
    await using server = await startServer();
    using file = new LocalFile({ web: { type: 'sse', url: server.url.href } });
    using folder = new TempDir();
    const path = join(folder.path, 'all.jsonl');
    const args = ['serve', '--stdio', '--no-state', '--config', file.path, '--record', path, '--verbose'];
    const cli = startCli(args, { keepsStdin: true, env });
    const calls = many.map(({ id, params }) => call(id, 'web__echo', params.arguments.word));
    send(cli, INITIALIZE);
    await eventually('it is initialized', () => answerTo(cli, 1) !== undefined);
    limit(cli);
    send(cli, INITIALIZED, ...calls);
    await eventually('every call is answered', () => calls.every(({ id }) => answerTo(cli, id) !== undefined));
    await eventually('the failure is logged', () => cli.seen.stderr.includes('RECORDING_FAILED'));
    cli.child.stdin?.end();
    const { code, stderr } = await cli.ended;
    expect(code).toBe(0);
    expect(stderr.match(/"event":"recording-failed","code":"RECORDING_FAILED"/g)).toHaveLength(1);
    expect(stderr).toContain('EFBIG');
  });
});

describe('a recording whose file cannot be created', { timeout: 60_000 }, () => {
  it('`record` fails before it sends a request if it cannot create its file', async () => {
    await using server = await startServer();
    using folder = new TempDir();
    const cli = startCli(['record', folder.path, server.url.href]);
    const { code, stderr } = await cli.ended;
    expect([code, stderr]).toEqual([2, expect.stringContaining('OPTIONS_INVALID: Cannot record to')]);
    expect(server.requests).toEqual([]);
  });

  it('`serve --record` reports a file that it cannot create, and still answers calls', async () => {
    await using server = await startServer();
    using file = new LocalFile({ web: { type: 'sse', url: server.url.href } });
    using folder = new TempDir();
    const path = join(folder.path, 'folder.jsonl');
    mkdirSync(path);
    const args = ['serve', '--stdio', '--no-state', '--config', file.path, '--record', path];
    const cli = startCli(args, { keepsStdin: true });
    send(cli, INITIALIZE, INITIALIZED, call(2, 'web__echo', 'first'));
    await eventually('the call is answered', () => answerTo(cli, 2) !== undefined);
    cli.child.stdin?.end();
    const { code, stderr } = await cli.ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining(path)]);
    expect(answerTo(cli, 2)).toContain('an answer');
  });
});

describe('`record` of a server that cannot be reached', { timeout: 60_000 }, () => {
  it('`record` answers its client with an error if the server cannot be reached, and ends when the client leaves', async () => {
    using folder = new TempDir();
    const cli = startCli(['record', join(folder.path, 'none.jsonl'), 'http://127.0.0.1:9/mcp'], { keepsStdin: true });
    send(cli, INITIALIZE);
    await eventually('the client has an error', () => answerTo(cli, 1) !== undefined);
    cli.child.stdin?.end();
    expect(await cli.ended).toMatchObject({ stdout: expect.stringContaining('The server cannot be reached') });
  });
});
