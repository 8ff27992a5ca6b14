import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { CLI_ENV } from '../../helpers/cli-world.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { mapNow } from '../../helpers/map-under-test.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { entry } from '../../helpers/signed-map.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

/** A connector whose tool has changed since the command line listed it, and the commands of that command line. */
async function changed(description: string) {
  let text = 'sends a mail';
  const mcp = await TestMcpServer.start((server) => {
    server.registerTool('send', { description: text, inputSchema: z.object({}) }, () => ({
      content: [{ type: 'text', text: 'sent' }],
    }));
  });
  const map = await MapServer.start(mapNow([entry('mail', { endpoint: mcp.url })]));
  const dir = new TempDir();
  const on = (args: readonly string[]) =>
    runCliHere([...args, '--service-map', map.url, '--state-dir', dir.path], { env: CLI_ENV });
  await on(['sync']);
  text = description;
  return {
    dir,
    on,
    pins: (args: readonly string[]) => runCliHere(['tools', ...args, '--state-dir', dir.path]),
    async [Symbol.asyncDispose]() {
      await map[Symbol.asyncDispose]();
      await mcp[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

describe('mcp-switchyard tools diff and approve', () => {
  it('`tools diff` shows how a tool changed, even invisible characters, and `tools approve` allows calls to it', async () => {
    await using world = await changed('sends a mail\u202e\u200b');
    const before = await world.pins(['diff']);
    expect([before.code, before.stdout]).toEqual([0, 'All tools are as they were first seen, or approved.\n']);

    const refused = await world.on(['call', 'mail.send', '--pin-tools', 'quarantine']);
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([1, '', expect.stringContaining('TOOL_CHANGED')]);
    const status = await world.on(['status']);
    expect(status.stdout).toMatch(/mail\.send has changed since 20\d\d-.*: description/);

    const diff = await world.pins(['diff', 'mail.send']);
    expect(diff.code).toBe(1);
    expect(diff.stdout).toContain('-  "description": "sends a mail",');
    expect(diff.stdout).toContain('+  "description": "sends a mail\\u{202e}\\u{200b}",');
    const document = JSON.parse((await world.pins(['diff', '--json'])).stdout);
    expect(document).toMatchObject({ ok: false, tools: [{ name: 'mail.send', members: ['description'] }] });

    const approved = await world.pins(['approve', 'mail.send']);
    expect([approved.code, approved.stdout]).toEqual([0, 'approved mail.send\n']);
    const called = await world.on(['call', 'mail.send', '--pin-tools', 'quarantine']);
    expect([called.code, called.stdout]).toEqual([0, 'sent\n']);
    expect((await world.pins(['approve', '--all', '--json'])).stdout).toContain('"approved": []');
  });

  it('`tools diff` and `tools approve` report unknown tools, missing arguments and a missing store', async () => {
    using dir = new TempDir();
    const none = await runCliHere(['tools', 'diff', '--state-dir', join(dir.path, 'none')]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('There is no store in')]);
    await using world = await changed('other');
    const unknown = await world.pins(['diff', 'mail.sned']);
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('The tool "mail.sned" does not exist')]);
    const vague = await world.pins(['approve']);
    expect([vague.code, vague.stderr]).toEqual([2, expect.stringContaining('--all')]);
    const bare = await runCliHere(['tools', 'diff']);
    expect([bare.code, bare.stderr]).toEqual([2, expect.stringMatching(/no store in .*--state-dir/)]);
  });
});
