import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { documentOf, registryCli } from '../../../helpers/registry-cli.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

describe('mcp-switchyard registry export', () => {
  it('`registry import` restores the servers that `registry export` wrote in its own format or for VS Code', async () => {
    using it = registryCli();
    const servers = [
      {
        name: 'a',
        transport: 'stdio',
        command: 'x',
        args: [`\${A:-b}`],
        env: { B: `\${B}` },
        'x-note': { kept: true },
      },
      { name: 'b', transport: 'http', endpoint: 'https://b.example/', headers: { C: `Bearer \${env:C}` } },
      { name: 'c', transport: 'ws', endpoint: 'ws://c.example/' },
    ] as const;
    await it.fill(...servers);
    using same = registryCli();
    await same.registry(['import', '-'], { stdin: (await it.registry(['export', '--format', 'servers'])).stdout });
    expect(same.said()).toEqual(servers);
    const claude = await it.registry(['export']);
    expect(claude.stderr).toContain('c is left out');
    expect(JSON.parse(claude.stdout)).toEqual({
      mcpServers: {
        a: { command: 'x', args: [`\${A:-b}`], env: { B: `\${B}` }, 'x-note': { kept: true } },
        b: { type: 'http', url: 'https://b.example/', headers: { C: `Bearer \${C}` } },
      },
    });
    const vscode = JSON.parse((await it.registry(['export', '--format', 'vscode'])).stdout);
    expect(vscode.servers).toMatchObject({
      a: { type: 'stdio', env: { B: `\${env:B}` } },
      b: { type: 'http', headers: { C: `Bearer \${env:C}` } },
    });
    using again = registryCli();
    const imported = await again.registry(['import', '-', '--json'], { stdin: JSON.stringify(vscode) });
    expect(documentOf(imported)).toMatchObject({ ok: true, results: [{ outcome: 'added' }, { outcome: 'added' }] });
    expect(again.said()).toMatchObject([{ transport: 'stdio', 'x-note': { kept: true } }, { transport: 'http' }]);
  });

  it("`registry export --into` adds the servers to a client's file, and keeps everything else in the file", async () => {
    using cli = registryCli();
    await cli.fill({ name: 'a', transport: 'stdio', command: 'x', env: { API_KEY: 'k-123' } });
    using folder = new TempDir();
    const path = join(folder.path, 'config.yaml');
    writeFileSync(path, '# mine\nextensions:\n  b: { type: stdio, cmd: y }\n');
    const { code, stderr } = await cli.registry(['export', '--format', 'goose', '--into', path]);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('with secrets in clear text; its permissions are as before'),
    ]);
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('# mine\nextensions:\n  b: { type: stdio, cmd: y }\n');
    expect(text).toContain('API_KEY: k-123');
    const twice = await cli.registry(['export', path, '--into', path]);
    expect([twice.code, twice.stderr]).toEqual([2, expect.stringContaining('Name the file only once')]);
    const own = await cli.registry(['export', '--format', 'servers', '--into', path]);
    expect([own.code, own.stderr]).toEqual([2, expect.stringContaining('only to the file of a client')]);
  });
});
