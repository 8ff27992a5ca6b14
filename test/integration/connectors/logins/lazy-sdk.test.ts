import { execFile } from 'node:child_process';
import { globSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ConnectorProxyManager } from '../../../../src/main/index.ts';
import { LocalFile } from '../../../helpers/local-file.ts';
import { AuthorizationServer } from '../../../helpers/logins/authorization-server.ts';
import { logIn } from '../../../helpers/logins/log-in.ts';
import { ProtectedMcpServer } from '../../../helpers/logins/protected-mcp-server.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

const HEAVY = ['@modelcontextprotocol/client', 'jose', 'zod', 'pkce-challenge'];

it('importing the OAuth modules does not load the MCP SDK, `jose`, `zod` or `pkce-challenge`', async () => {
  const modules = globSync('src/main/connectors/credentials/oauth/**/*.ts').map((path) => resolve(path));
  expect(modules.length).toBeGreaterThan(10);
  expect(await loadedBy(`for (const path of ${JSON.stringify(modules)}) await import(path);`)).toEqual([]);
});

it('a connector with a valid login does not load the MCP SDK, `jose`, `zod` or `pkce-challenge`', async () => {
  await using issuer = await AuthorizationServer.start();
  await using server = await ProtectedMcpServer.start({ issuer: issuer.issuer });
  using state = new TempDir();
  using file = new LocalFile({ crm: { url: server.url } });
  const options = { configFile: file.path, stateDir: state.path };
  {
    await using manager = new ConnectorProxyManager(options);
    await manager.sync();
    await logIn(manager, 'crm');
    await manager.ready('crm');
  }
  const script = (id: string): string => `
    const { ConnectorProxyManager } = await import(${JSON.stringify(resolve('src/main/index.ts'))});
    const manager = new ConnectorProxyManager(${JSON.stringify(options)});
    await manager.sync();
    await manager.ready('crm');
    await manager.callTool('crm.whoami');
    await manager.logins();
    if (${JSON.stringify(id)} !== '') await manager.startLogin(${JSON.stringify(id)}, { redirectUrl: 'http://127.0.0.1:9/' });
    await manager.close();
  `;
  // Reading maps and configuration loads zod in any case.
  expect((await loadedBy(script(''))).filter((name) => name !== 'zod')).toEqual([]);
  // The control: starting a login does load the SDK.
  expect(await loadedBy(script('crm'))).toContain('@modelcontextprotocol/client');
});

/** Runs these statements in a process, and returns which of the heavy modules the process loads. */
async function loadedBy(statements: string): Promise<readonly string[]> {
  const script = `

    import { registerHooks } from 'node:module';

    const seen = [];
    registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context); } });
    ${statements}
    console.log(JSON.stringify(seen.filter((one) => ${JSON.stringify(HEAVY)}.includes(one))));
    process.exit();
  `;
  // Worker threads inherit the process's options, and `--input-type` does not apply to their files.
  using folder = new TempDir();
  const path = join(folder.path, 'script.mjs');
  writeFileSync(path, script);
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    env: { ...process.env, SWITCHYARD_LOGIN_KEY: 'file' },
  });
  return JSON.parse(stdout) as readonly string[];
}
