import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf, registryCli } from '../../../helpers/registry-cli.ts';

/** Secrets of a server, none of which may be printed. */
const SECRETS = ['hunter-of-env', 'hunter-of-header', 'hunter-of-arg', 'hunter-of-login', 'hunter-of-query'];
const secretive = [
  {
    name: 'program',
    transport: 'stdio',
    command: 'npx',
    args: ['server', '--token=hunter-of-arg'],
    env: { KEY: 'hunter-of-env' },
  },
  {
    name: 'remote',
    transport: 'http',
    endpoint: 'https://me:hunter-of-login@a.example/mcp?key=hunter-of-query',
    headers: { 'X-Key': 'hunter-of-header' },
  },
] as const;

describe('secrets of registered servers', () => {
  it('`registry list`, `show` and `export` print secrets only with `--show-secrets`', async () => {
    using it = registryCli();
    await it.fill(...secretive);
    const commands = [
      ['list'],
      ['show', 'program'],
      ['show', 'remote'],
      ['export'],
      ['list', '--json'],
      ['export', '--json'],
    ];
    for (const args of commands) {
      const { code, stdout, stderr } = await it.registry(args);
      expect(code).toBe(0);
      for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
      expect(stdout).toContain('***masked***');
    }
    const asked = await it.registry(['export', '--format', 'servers', '--show-secrets']);
    for (const secret of SECRETS) expect(asked.stdout).toContain(secret);
    expect(JSON.parse(asked.stdout)).toEqual({ servers: secretive });
    expect(documentOf(await it.registry(['show', 'program', '--json', '--show-secrets'])).server).toEqual(secretive[0]);
  });

  it('`registry export` to a file includes the secrets, and only the owner can read the file', async () => {
    using it = registryCli();
    await it.fill(secretive[0]);
    const file = join(it.home, 'out.json');
    expect(await it.registry(['export', file])).toMatchObject({ code: 0, stdout: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { command, args, env } = secretive[0];
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ mcpServers: { program: { command, args, env } } });
    writeFileSync(file, 'mine');
    expect(await it.registry(['export', file])).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await it.registry(['export', file, '--force', '--json'])).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('hunter-of-env');
  });

  it('`registry import` rejects an export in which secrets are masked', async () => {
    using it = registryCli();
    using other = registryCli();
    await it.fill(...secretive);
    for (const format of ['claude', 'cursor', 'vscode', 'servers']) {
      const { stdout } = await it.registry(['export', '--format', format]);
      const ended = await other.registry(['import', '-', '--json'], { stdin: stdout });
      const codes = documentOf(ended).results.map(({ code }: { code: string }) => code);
      expect([ended.code, codes]).toEqual([1, ['SECRET_MASKED', 'SECRET_MASKED']]);
    }
    expect(documentOf(await other.registry(['list', '--json'])).servers).toEqual([]);
  });
});
