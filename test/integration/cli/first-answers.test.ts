import {
  chmodSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { killRunning } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { eventually } from '../../helpers/eventually.ts';
import {
  answerTo,
  closed,
  INITIALIZE,
  listOf,
  listsUntil,
  placeFor,
  send,
  start,
} from '../../helpers/first-answers-place.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { RawMcpServer } from '../../helpers/raw-mcp-server.ts';

afterEach(killRunning);

describe('first answers of serve --stdio', { timeout: 120_000 }, () => {
  it('in its second run, `serve --stdio` sends the stored tool list before it asks any connector', async () => {
    await using server = await RawMcpServer.start();
    using at = placeFor({ a: remote(server) });
    const cold = start(at.argv);
    const listed = await listOf(cold);
    await closed(cold);
    expect(at.answers()).not.toBeNull();

    const warm = start(at.argv, { NODE_DEBUG: '' });
    const before = server.of('tools/list').length;
    expect(JSON.parse(await listOf(warm))).toEqual(
      JSON.parse(listed.replaceAll('"inputSchema"', '"_meta":{"mcp-switchyard/stale":true},"inputSchema"')),
    );
    expect(server.of('tools/list')).toHaveLength(before);
    send(warm, { id: 3, method: 'tools/call', params: { name: 'a__echo', arguments: { text: 'hi' } } });
    await eventually('the call is answered', () => answerTo(warm, 3) !== undefined, 60_000);
    expect(answerTo(warm, 3)).toContain('hi');
    expect(warm.seen.stdout).not.toContain('list_changed');
    await closed(warm);
    expect(at.answers()).not.toBeNull();
  });

  it('stored first answers become invalid if the configuration, the environment, or the file of the answers changes', async () => {
    await using server = await RawMcpServer.start();
    using at = placeFor({ a: remote(server, { headers: { 'x-key': ['$', '{OWN_KEY}'].join('') } }) });
    const cold = start(at.argv);
    await listOf(cold);
    await closed(cold);
    const config = readFileSync(at.file.path, 'utf8');
    const path = at.answersFile();
    const image = join(at.stateDir, readdirSync(at.stateDir).find((name) => name.endsWith('.img')) ?? '');
    const bytes = readFileSync(path);

    expect(at.answers()).not.toBeNull();
    expect(at.answers({ env: { UNRELATED: 'x' } })).not.toBeNull();
    for (const changed of [
      { env: { OWN_KEY: 'two' } },
      { env: { OWN_KEY: undefined } },
      { env: { CONNECTORS_SERVICE_MAP_URL: 'https://maps.example.com/map' } },
      { env: { MCP_SWITCHYARD_LINEAGE: 'abc' } },
      { argv: [...at.argv, '--tools', 'a__*'] },
      { nowMs: Date.now() - 3_600_000 },
    ])
      expect(at.answers(changed), JSON.stringify(changed)).toBeNull();

    at.file.write({});
    expect(at.answers()).toBeNull();
    at.file.writeText(config);
    expect(at.answers()).not.toBeNull();

    for (const at_ of [0, 70, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at_] = (damaged[at_] ?? 0) ^ 1;
      writeFileSync(path, damaged);
      expect(at.answers()).toBeNull();
    }
    writeFileSync(path, bytes.subarray(0, 100));
    expect(at.answers()).toBeNull();
    writeFileSync(path, bytes);
    chmodSync(path, 0o640);
    expect(at.answers()).toBeNull();
    chmodSync(path, 0o600);
    linkSync(path, `${path}.2`);
    expect(at.answers()).toBeNull();
    rmSync(`${path}.2`);
    renameSync(path, `${path}.2`);
    symlinkSync(`${path}.2`, path);
    expect(at.answers()).toBeNull();
    rmSync(path);
    renameSync(`${path}.2`, path);
    expect(at.answers()).not.toBeNull();

    renameSync(image, `${image}.2`);
    expect(at.answers()).toBeNull();
    writeFileSync(image, Buffer.concat([readFileSync(`${image}.2`), Buffer.from('x')]), { mode: 0o600 });
    expect(at.answers()).toBeNull();
    renameSync(`${image}.2`, image);
    expect(at.answers()).not.toBeNull();

    // Another process approves tools.
    expect((await runCliHere(['tools', 'approve', '--all', '--state-dir', at.stateDir])).code).toBe(0);
    expect(at.answers()).toBeNull();
  });

  it('first answers do not list the tools of a connector that was removed while no gateway ran', async () => {
    await using server = await RawMcpServer.start();
    using at = placeFor({ a: remote(server), b: remote(server) });
    const cold = start(at.argv);
    await listOf(cold);
    await listsUntil(cold, 'both are listed', (list) => list.includes('a__echo') && list.includes('b__echo'));
    await closed(cold);
    expect(at.answers()).not.toBeNull();
    at.file.write({ a: remote(server) });
    const warm = start(at.argv);
    send(warm, INITIALIZE, { id: 2, method: 'tools/list' });
    const isDropped = (list: string): boolean => !list.includes('b__echo') && !list.includes('stale');
    await listsUntil(warm, 'the gateway has dropped it, and listed the other anew', isDropped);
    await closed(warm);
    expect(at.answers()).not.toBeNull();
    const again = start(at.argv);
    expect(await listOf(again)).not.toContain('b__echo');
    await closed(again);
  });

  it('no temporary file is left if the client or a signal ends `serve --stdio` right after the first answers', async () => {
    await using server = await RawMcpServer.start();
    using at = placeFor({ a: remote(server) });
    const cold = start(at.argv);
    await listOf(cold);
    await closed(cold);
    const warm = start(at.argv);
    await listOf(warm);
    await closed(warm);
    const told = start(at.argv);
    await listOf(told);
    told.child.kill('SIGTERM');
    const { code } = await told.ended;
    // A signal that arrives before the gateway has started ends the process in the default way, without an exit code.
    expect([0, null]).toContain(code);
    expect(readdirSync(at.stateDir).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
