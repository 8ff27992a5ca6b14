/**
 * The client that the official conformance suite runs for logins: `node login-client.ts URL`. It is a host that uses
 * the library: it logs in whenever a connector needs a login, and calls each tool. Scenarios without a login end
 * immediately. The exit code is 1 if anything failed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectorProxyManager, type ErrorCode, SwitchyardError } from '../../src/main/index.ts';
import { DOCUMENT_URL, type LoginContext, loginSettings, loginVariables, MAX_LOGINS } from './login-settings.ts';

const REDIRECT_URL = 'http://localhost:3000/callback';

const [url = ''] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_CONTEXT } = process.env;
if (!scenario.startsWith('auth/')) process.exit();
const context = JSON.parse(MCP_CONFORMANCE_CONTEXT ?? '{}') as LoginContext;

Object.assign(process.env, loginVariables(context));

const wantsLogin = (error: unknown): boolean =>
  error instanceof Error &&
  ((error as Partial<SwitchyardError>).code === 'CONNECTOR_LOGIN_NEEDED' || wantsLogin(error.cause));

/** Logs in like a person who consents immediately: the browser goes to the issuer and is redirected back. */
async function logIn(manager: ConnectorProxyManager): Promise<void> {
  const options = { redirectUrl: REDIRECT_URL, clientMetadataUrl: DOCUMENT_URL };
  const { authorizationUrl } = await manager.startLogin('suite', options);
  const response = await fetch(authorizationUrl, { redirect: 'manual' });
  const location = response.headers.get('location');
  if (location === null) throw new Error(`The authorization server answered ${response.status}`);
  await manager.finishLogin(new URL(location).searchParams);
}

/** Runs `work`, and runs it again after each login that it needs. */
async function withLogins(manager: ConnectorProxyManager, work: () => Promise<unknown>): Promise<void> {
  for (let logins = 0; ; logins += 1) {
    try {
      return void (await work());
    } catch (error) {
      if (logins === MAX_LOGINS || !wantsLogin(error)) throw error;
      await logIn(manager);
      // The server may need yet another login, which the next run of `work` shows.
      await manager.ready('suite').catch(() => {});
    }
  }
}

async function comeUp(manager: ConnectorProxyManager): Promise<void> {
  await manager.sync();
  const status = manager.connector('suite')?.status;
  if (status?.state === 'ready') return;
  const { code, message } = status?.lastError ?? { code: 'INTERNAL', message: 'It did not come up' };
  throw new SwitchyardError(code as ErrorCode, message);
}

const folder = mkdtempSync(join(tmpdir(), 'suite-'));
const configFile = join(folder, 'mcp.json');
writeFileSync(configFile, JSON.stringify({ mcpServers: { suite: { url, oauth: loginSettings(scenario, context) } } }));
const manager = new ConnectorProxyManager({ configFile });
try {
  await withLogins(manager, () => comeUp(manager));
  for (const { name } of manager.listTools()) await withLogins(manager, () => manager.callTool(name));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await manager.close();
  rmSync(folder, { recursive: true });
}
