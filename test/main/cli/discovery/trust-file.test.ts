import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseClientFiles, chooseProjectFile } from '../../../../src/main/cli/discovery/choose-files.ts';
import { TrustBook } from '../../../../src/main/cli/discovery/trust-book.ts';
import { type TrustDeps, trustFile } from '../../../../src/main/cli/discovery/trust-file.ts';
import { LocalSource } from '../../../../src/main/local-config/local-source.ts';
import { recordingLogger } from '../../../helpers/log.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

let dir: TempDir;
let repo: string;
let home: string;
beforeEach(() => {
  dir = new TempDir();
  const base = realpathSync(dir.path);
  [repo, home] = [join(base, 'repo'), join(base, 'home')];
  for (const folder of [repo, home]) mkdirSync(folder);
});
afterEach(() => dir[Symbol.dispose]());

/** Writes a file below the repository or the home folder. */
function write(folder: string, name: string, content: string | object): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const servers = (command: string) => ({ mcpServers: { one: { command, args: ['-x'] } } });

/** Simulates a user at a terminal who gives this answer, or no terminal for null. `shown` returns the prompts. */
function person(answer: string | null, more: Partial<TrustDeps> = {}): TrustDeps & { readonly shown: () => string } {
  const [input, output] = [new PassThrough(), new PassThrough()];
  if (answer !== null) input.end(answer);
  let shown = '';
  output.on('data', (data: Buffer) => {
    shown += data.toString();
  });
  return {
    ...{ platform: 'linux', cwd: repo, isTrusted: false, book: new TrustBook(join(dir.path, 'state')) },
    env: { HOME: home, TOKEN: 'secret-of-the-environment' },
    terminal: answer === null ? null : { input, output },
    ...more,
    shown: () => shown,
  };
}

describe('project config file', () => {
  it('a project config file is used after the user answers yes, without another prompt until the file changes', async () => {
    const path = write(repo, '.mcp.json', servers('a'));
    const asked = person('y\n');
    const { files } = await chooseProjectFile(asked);
    expect(files).toMatchObject([{ path, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }]);
    expect(asked.shown()).toContain('one: runs "a" "-x"');
    expect(asked.shown()).toContain('scripts and packages that these commands run');
    expect(await chooseProjectFile(person(null))).toEqual({ files, notes: [] });
  });

  it('a project config file needs another confirmation when it has changed', async () => {
    write(repo, '.mcp.json', servers('a'));
    await chooseProjectFile(person('yes\n'));
    write(repo, '.mcp.json', servers('b'));
    await expect(chooseProjectFile(person(null))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  it('a project config file needs another confirmation when its `envFile` has changed', async () => {
    write(repo, '.mcp.json', { mcpServers: { one: { command: 'a', envFile: '.env' } } });
    write(repo, '.env', 'NODE_OPTIONS=a');
    const asked = person('y\n');
    await chooseProjectFile(asked);
    expect(asked.shown()).toContain('with the environment variables NODE_OPTIONS');
    await chooseProjectFile(person(null));
    write(repo, '.env', 'NODE_OPTIONS=b');
    await expect(chooseProjectFile(person(null))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  it('a project config file needs its own confirmation even if a file with the same content is trusted', async () => {
    write(repo, '.mcp.json', servers('a'));
    await chooseProjectFile(person('y\n'));
    write(home, '.mcp.json', servers('a'));
    await expect(chooseProjectFile(person(null, { cwd: home }))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  it('a trusted project config file is identified by its real path', async () => {
    const path = write(home, 'real.json', servers('a'));
    symlinkSync(path, join(repo, '.mcp.json'));
    expect(await chooseProjectFile(person('y\n'))).toMatchObject({ files: [{ path }] });
  });

  it.each(['.mcp.json', '.vscode/mcp.json', '.cursor/mcp.json'])(
    'without a terminal, a project config file named %s is used only with --config or --trust',
    async (name) => {
      write(repo, name, name.startsWith('.vscode') ? { servers: servers('a').mcpServers } : servers('a'));
      await expect(chooseProjectFile(person(null))).rejects.toMatchObject({
        code: 'OPTIONS_INVALID',
        message: expect.stringContaining(`\`--config ./${name}\` or \`--trust\``),
      });
    },
  );

  it.each(['n\n', '\n', 'yeah\n', ''])(
    'a project config file is neither used nor trusted after the answer %j',
    async (answer) => {
      write(repo, '.mcp.json', servers('a'));
      const declined = { code: 'CONFIG_INVALID', message: './.mcp.json is not used, and nothing was started.' };
      await expect(chooseProjectFile(person(answer))).rejects.toMatchObject(declined);
      await expect(chooseProjectFile(person(null))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    },
  );

  it('a project config file is used with `--trust`, but not remembered as trusted', async () => {
    const path = write(repo, '.mcp.json', servers('a'));
    expect(await chooseProjectFile(person(null, { isTrusted: true }))).toMatchObject({ files: [{ path }] });
    await expect(chooseProjectFile(person(null))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });

  it('a project config file is rejected if its content changes between the confirmation and the read', async () => {
    const path = write(repo, '.mcp.json', servers('a'));
    const { digest } = await trustFile(path, person('y\n', { cwd: process.cwd() }));
    const deps = { logger: recordingLogger(), now: () => 0, onEntries: () => {} };
    const source = () => new LocalSource([path], { ...deps, trustedDigests: new Map([[path, digest ?? '']]) });
    const same = source();
    await same.sync(false);
    expect(same.entries()).toMatchObject([{ id: 'one' }]);
    write(repo, '.mcp.json', servers('evil'));
    const swapped = source();
    await expect(swapped.sync(false)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(swapped.entries()).toEqual([]);
  });

  it('the trust prompt shows the URLs and header names of a project config file, but expands no variables', async () => {
    const [one, two] = [
      { url: `https://a.example/\${TOKEN}`, headers: { Authorization: `Bearer \${TOKEN}` } },
      { command: 'sh', args: ['-c', `\${TOKEN:-x}`], env: { KEY: 'secret-of-the-file' }, cwd: '/tmp' },
    ];
    write(repo, '.mcp.json', { mcpServers: { one, two } });
    const asked = person('y\n');
    await chooseProjectFile(asked);
    expect(asked.shown()).toContain(
      `one: connects to "https://a.example/\${TOKEN}"\n    with the headers Authorization`,
    );
    expect(asked.shown()).toContain(`two: runs "sh" "-c" "\${TOKEN:-x}"\n    in the folder "/tmp"`);
    expect(asked.shown()).toContain('with the environment variables KEY');
    expect(asked.shown()).not.toContain('secret-of-the');
  });

  it('the trust prompt shows where a project config file gets a login secret from, and never the secret itself', async () => {
    const [one, two, three] = [
      { url: 'https://a.example/mcp', oauth: { clientId: 'a', clientSecretEnv: 'AWS_SECRET_ACCESS_KEY' } },
      { url: 'https://b.example/mcp', auth: { CLIENT_ID: 'b', CLIENT_SECRET: 'secret-of-the-file' } },
      { url: 'https://c.example/mcp', oauth: { clientId: 'c', clientSecret: `\${env:TOKEN}` } },
    ];
    write(repo, '.mcp.json', { mcpServers: { one, two, three } });
    const asked = person('y\n');
    await chooseProjectFile(asked);
    expect(asked.shown()).toContain(
      'one: connects to "https://a.example/mcp"\n    with the secret for logins from the variable AWS_SECRET_ACCESS_KEY',
    );
    expect(asked.shown()).toContain(
      'two: connects to "https://b.example/mcp"\n    with a client secret for logins, which the file holds',
    );
    expect(asked.shown()).toContain(`with a client secret for logins, "\${env:TOKEN}"`);
    expect(asked.shown()).not.toContain('secret-of-the');
  });

  it('a project config file cannot hide a command from the trust prompt with invisible or control characters', async () => {
    write(repo, '.mcp.json', { mcpServers: { one: { command: 'a', args: ['\u202egnp.\u001b[1A\u2066'] } } });
    const asked = person('n\n');
    await expect(chooseProjectFile(asked)).rejects.toThrow();
    expect(asked.shown()).toContain('"a" "\\u{202e}gnp.\\u{1b}[1A\\u{2066}"');
    for (const character of '\u001b\u202e\u2066') expect(asked.shown()).not.toContain(character);
  });
});

describe('client config files', () => {
  it('config files of a client are used without a prompt if they belong to the user', async () => {
    const claude = write(home, '.claude.json', servers('a'));
    const cursor = write(home, '.cursor/mcp.json', servers('b'));
    expect(await chooseClientFiles(['claude', 'cursor'], person(null))).toEqual({
      files: [claude, cursor].map((path) => ({ path, digest: null })),
      notes: [],
    });
  });

  it('config files of a client need a confirmation if they are in the current folder', async () => {
    write(home, '.cursor/mcp.json', servers('a'));
    write(repo, '.cursor/mcp.json', servers('b'));
    await expect(chooseClientFiles(['cursor'], person(null))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    const { files } = await chooseClientFiles(['cursor'], person('y\n'));
    expect(files.map(({ digest }) => digest === null)).toEqual([true, false]);
  });

  it('config files of a client are skipped with a note if they have no servers', async () => {
    write(home, '.gemini/settings.json', { theme: 'dark' });
    write(home, '.codex/config.toml', '[mcp_servers.a]\ncommand = "a"\n');
    const { files, notes } = await chooseClientFiles(['gemini', 'codex'], person(null));
    expect(files).toHaveLength(1);
    expect(notes).toEqual([expect.stringContaining('a file of gemini')]);
  });

  it('`--from` rejects a client that has no config file with servers', async () => {
    await expect(chooseClientFiles(['kiro'], person(null))).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
      message: expect.stringContaining('--from kiro: no servers'),
    });
  });
});
