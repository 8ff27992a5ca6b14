import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readRecording } from '../../src/main/cli/commands/replay/read-recording.ts';
import { sha256 } from '../../src/shared/protocol/first-answers.ts';
import { killRunning } from '../helpers/cli.ts';
import { runCliHere } from '../helpers/cli-in-process.ts';
import { CLI_ENV } from '../helpers/cli-world.ts';
import { eventually } from '../helpers/eventually.ts';
import {
  answerTo,
  closed,
  listOf,
  listsUntil,
  type Place,
  placeFor,
  send,
  start,
} from '../helpers/first-answers-place.ts';
import { remote } from '../helpers/gateway-world.ts';
import { MapServer } from '../helpers/map-server.ts';
import { mapNow } from '../helpers/map-under-test.ts';
import { RawMcpServer } from '../helpers/raw-mcp-server.ts';
import { entry } from '../helpers/signed-map.ts';
import { TempDir } from '../helpers/temp-dir.ts';

afterEach(killRunning);

/** Runs a gateway until it has listed its tools, and then ends the gateway. Resolves with the list. */
async function ranOnce(at: Place, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const cli = start(at.argv, env);
  await listOf(cli);
  let list = '';
  await listsUntil(cli, 'a tool is listed', (now) => {
    list = now;
    return now.includes('__');
  });
  await closed(cli);
  return list;
}

describe('the file of first answers, which are responses stored for a fast start', { timeout: 120_000 }, () => {
  it('responses stored for a fast start are not read from a damaged, too large or foreign file, a pipe or a folder', async () => {
    await using server = await RawMcpServer.start();
    using at = placeFor({ a: remote(server) });
    await ranOnce(at);
    const path = at.answersFile();
    const bytes = readFileSync(path);
    const isPassedOver = (): void => {
      const startedAt = performance.now();
      expect(at.answers()).toBeNull();
      expect(performance.now() - startedAt).toBeLessThan(10_000);
    };
    const isGood = (): void => {
      rmSync(path, { force: true, recursive: true });
      writeFileSync(path, bytes, { mode: 0o600 });
      expect(at.answers()).not.toBeNull();
    };

    rmSync(path);
    execFileSync('mkfifo', ['-m', '600', path]);
    isPassedOver();
    isGood();
    truncateSync(path, 100 * 1024 * 1024);
    isPassedOver();
    isGood();
    for (const header of [
      '['.repeat(1_000_000),
      '{"a":'.repeat(500_000),
      'null',
      '7',
      '{"format":1}',
      '{"format":1,"paths":7}',
    ]) {
      writeFileSync(path, `${sha256(`${header}\n`)}\n${header}\n`);
      isPassedOver();
    }
    isGood();
    renameSync(path, `${path}.2`);
    execFileSync('mkdir', [path]);
    isPassedOver();
    isGood();
    if (process.getuid?.() !== 0) return;
    chownSync(path, 12_345, 12_345);
    isPassedOver();
  });
});

describe('first answers after a change', { timeout: 120_000 }, () => {
  it('responses stored for a fast start are not used once the map has expired', async () => {
    await using server = await RawMcpServer.start();
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    await using maps = await MapServer.start(mapNow([entry('one', { endpoint: String(server.url) })], { expiresAt }));
    using at = placeFor({}, '--service-map', maps.url, '--allow-private');
    await ranOnce(at, CLI_ENV);
    expect(at.answers({ env: CLI_ENV })).not.toBeNull();
    expect(at.answers({ env: CLI_ENV, nowMs: Date.now() + 3_590_000 })).not.toBeNull();
    expect(at.answers({ env: CLI_ENV, nowMs: Date.now() + 3_600_000 })).toBeNull();
    expect(at.answers()).toBeNull();
  });

  it('responses stored for a fast start list no quarantined tool, and are ignored after the tool was approved', async () => {
    let description = 'reads';
    const tools = () => ({
      tools: [
        { name: 'echo', description, inputSchema: { type: 'object' } },
        { name: 'other', inputSchema: { type: 'object' } },
      ],
    });
    await using server = await RawMcpServer.start({ 'tools/list': ({ result }) => result(tools()) });
    using at = placeFor({ a: remote(server) }, '--pin-tools', 'quarantine');
    await ranOnce(at);
    description = 'reads, and sends it away';
    const second = start(at.argv);
    await listOf(second);
    await listsUntil(
      second,
      'the changed tool is held back',
      (list) => list.includes('a__other') && !list.includes('a__echo'),
    );
    await closed(second);

    expect(at.answers()).not.toBeNull();
    const third = start(at.argv);
    expect(await listOf(third)).not.toContain('a__echo');
    await closed(third);

    // Another process approves the tool.
    expect((await runCliHere(['tools', 'approve', 'a.echo', '--state-dir', at.stateDir])).code).toBe(0);
    expect(at.answers()).toBeNull();
    const fourth = start(at.argv);
    await listOf(fourth);
    await listsUntil(fourth, 'the approved tool is listed', (list) => list.includes('sends it away'));
    await closed(fourth);
  });

  it('responses stored for a fast start are not used after a server was added to the registry', async () => {
    await using server = await RawMcpServer.start();
    using dir = new TempDir();
    const registry = join(dir.path, 'servers.json');
    const add = (id: string) => runCliHere(['registry', 'add', id, String(server.url), '--registry-path', registry]);
    expect(await add('mine')).toMatchObject({ code: 0 });
    using at = placeFor({}, '--registry-path', registry);
    expect(await ranOnce(at)).toContain('mine__echo');
    expect(at.answers()).not.toBeNull();
    expect(await add('more')).toMatchObject({ code: 0 });
    expect(at.answers()).toBeNull();
  });

  it('responses stored for a fast start are used even if the state folder is read-only', async () => {
    await using server = await RawMcpServer.start();
    using at = placeFor({ a: remote(server) });
    await ranOnce(at);
    chmodSync(at.stateDir, 0o500);
    try {
      expect(at.answers()).not.toBeNull();
      const cli = start(at.argv);
      expect(await listOf(cli)).toContain('a__echo');
      send(cli, { id: 3, method: 'tools/call', params: { name: 'a__echo', arguments: { text: 'hi' } } });
      await eventually('the call is answered', () => answerTo(cli, 3) !== undefined, 60_000);
      expect(answerTo(cli, 3)).toContain('hi');
      await closed(cli);
    } finally {
      chmodSync(at.stateDir, 0o700);
    }
  });

  it('a recording contains all messages to and from servers even if responses stored for a fast start are used', async () => {
    await using server = await RawMcpServer.start();
    using dir = new TempDir();
    const record = join(dir.path, 'all.jsonl');
    using at = placeFor({ a: remote(server) }, '--record', record);
    await ranOnce(at);
    rmSync(record);
    const cli = start(at.argv);
    expect(await listOf(cli)).toContain('a__echo');
    send(cli, { id: 3, method: 'tools/call', params: { name: 'a__echo', arguments: { text: 'hi' } } });
    await eventually('the call is answered', () => answerTo(cli, 3) !== undefined, 60_000);
    await closed(cli);
    const { lines, isTorn } = readRecording(record);
    expect(isTorn).toBe(false);
    const methods = lines.map(({ message }) => message.method);
    for (const method of ['initialize', 'tools/list', 'tools/call']) expect(methods).toContain(method);
  });
});
