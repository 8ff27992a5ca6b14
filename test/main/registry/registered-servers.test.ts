import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loginSecretOf } from '../../../src/main/connectors/connection/local-entry.ts';
import { RegisteredServers } from '../../../src/main/registry/registered-servers.ts';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const VARIABLE = 'SWITCHYARD_TEST_REGISTERED';

/** Creates a server, and counts how often it was turned into an entry. */
function counted(name: string, more: object = {}) {
  const made = { count: 0 };
  const info = {
    name,
    transport: 'stdio',
    get command() {
      made.count += 1;
      return 'c';
    },
    ...more,
  };
  return { info: info as ServerInfo, made };
}

afterEach(() => {
  delete process.env[VARIABLE];
});

describe('registered servers on update', () => {
  it('RegisteredServers builds an entry again only if variables or files of its server may have changed', async () => {
    using dir = new TempDir();
    writeFileSync(join(dir.path, 'file.env'), 'A=1');
    const [plain, variable, file] = [
      counted('plain'),
      counted('variable', { args: [`\${${VARIABLE}:-none}`] }),
      counted('file', { envFile: 'file.env' }),
    ];
    const all = [plain, variable, file];
    const infos = all.map(({ info }) => info);
    const servers = new RegisteredServers(dir.path);
    await servers.update(infos, true);
    const once = plain.made.count;
    const times = () => all.map(({ made }) => made.count / once);
    expect(times()).toEqual([1, 1, 1]);

    expect(await servers.update(infos, true)).toBe(false);
    expect(times()).toEqual([1, 1, 2]);
    writeFileSync(join(dir.path, 'file.env'), 'A=2');
    expect(await servers.update(infos, true)).toBe(true);
    expect(times()).toEqual([1, 1, 3]);
    process.env[VARIABLE] = 'other';
    expect(await servers.update(infos, false)).toBe(false);
    expect(await servers.update(infos, true)).toBe(true);
    expect(times()).toEqual([2, 2, 4]);

    // The entry of the new server is built while the variable has another value, so it must be rebuilt.
    process.env[VARIABLE] = 'for a moment';
    const late = counted('late', { args: [`\${${VARIABLE}:-none}`] });
    await servers.update([...infos, late.info], false);
    process.env[VARIABLE] = 'other';
    expect(await servers.update([...infos, late.info], true)).toBe(true);
  });
});

describe('login of a registry server', () => {
  const server = (more: object): ServerInfo => ({
    name: 'remote',
    transport: 'http',
    endpoint: 'https://a.example/mcp',
    ...more,
  });

  it('the login of a registry server is read from every known spelling, and its secret stays out of the entry', async () => {
    using dir = new TempDir();
    process.env[VARIABLE] = 'hunter2';
    for (const words of [
      { oauth: { clientId: 'a', clientSecret: `\${${VARIABLE}}` } },
      { auth: { CLIENT_ID: 'a', CLIENT_SECRET: 'hunter2' } },
      { oauthClientId: 'a', oauthClientSecret: 'hunter2' },
    ]) {
      const servers = new RegisteredServers(dir.path);
      await servers.update([server(words)], true);
      const [entry] = servers.entries;
      expect(entry?.oauth).toEqual({ clientId: 'a' });
      expect(JSON.stringify(entry)).not.toContain('hunter2');
      expect(entry && loginSecretOf(entry)).toBe('hunter2');
    }
  });

  it('a new secret changes the login of a registry server, and an invalid login is reported with its position', async () => {
    using dir = new TempDir();
    const servers = new RegisteredServers(dir.path);
    const secret = (clientSecret: string) => [server({ oauth: { clientId: 'a', clientSecret } })];
    await servers.update(secret('one'), true);
    expect(await servers.update(secret('one'), true)).toBe(false);
    expect(await servers.update(secret('two'), true)).toBe(true);
    await servers.update([server({ oauth: { callbackPort: 'x' } })], true);
    expect([servers.entries, servers.problems]).toEqual([
      [],
      [expect.objectContaining({ code: 'SERVER_INVALID', place: 'servers["remote"].oauth.callbackPort' })],
    ]);
  });
});
