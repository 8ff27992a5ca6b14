/**
 * The client that the official conformance suite runs for logins through the gateway: `node serve-login-client.ts URL`.
 * It starts `mcp-switchyard serve` with the URL as its only connector, and connects to it with the official client. It
 * logs in like a person: with the button of the status page, and at the URL in an error. Scenarios without a login end
 * immediately. The exit code is 1 if anything failed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport, type Tool } from '@modelcontextprotocol/client';
import { ScriptedBrowser } from '../helpers/logins/scripted-browser.ts';
import { DOCUMENT_URL, type LoginContext, loginSettings, loginVariables, MAX_LOGINS } from './login-settings.ts';

interface Gateway {
  readonly url: string;
  readonly mcp: string;
}

const BIN = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));

const LISTED_MS = 20_000;

/**
 * Time after a login in which the page is not read again, in ms, because the page may show the button until the
 * connector is up.
 */
const UP_AFTER_LOGIN_MS = 1500;

const [url = ''] = process.argv.slice(2);
const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_CONTEXT } = process.env;
if (!scenario.startsWith('auth/')) process.exit();
const context = JSON.parse(MCP_CONFORMANCE_CONTEXT ?? '{}') as LoginContext;

function start(folder: string): ChildProcess {
  const config = join(folder, 'mcp.json');
  writeFileSync(config, JSON.stringify({ mcpServers: { suite: { url, oauth: loginSettings(scenario, context) } } }));
  const args = ['--config', config, '--state-dir', join(folder, 'state'), '--port', '0', '--json'];
  return spawn(process.execPath, [BIN, 'serve', ...args, '--client-metadata-url', DOCUMENT_URL], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      SWITCHYARD_LOGIN_KEY: 'file',
      ...loginVariables(context),
    },
  });
}

/** Lists the tools, after as many logins with the page's button as the connector needs. */
async function listed(client: Client, { url: base }: Gateway, browser: ScriptedBrowser): Promise<readonly Tool[]> {
  const untilMs = performance.now() + LISTED_MS;
  let askAgainMs = 0;
  for (let logins = 0; performance.now() < untilMs; await sleep(50)) {
    const { tools } = await client.listTools({}, { cacheMode: 'refresh' });
    if (tools.length > 0) return tools;
    if (performance.now() < askAgainMs) continue;
    const page = await (await browser.request(`${base}/`)).text();
    if (page.includes('action="/login/start"')) {
      logins += 1;
      if (logins > MAX_LOGINS) throw new Error('The connector needs more logins than any scenario should need');
      await browser.follow(`${base}/`);
      askAgainMs = performance.now() + UP_AFTER_LOGIN_MS;
    }
  }
  throw new Error(`No tool was listed within ${LISTED_MS} ms`);
}

/** Calls a tool, and calls it again after each login that the call needs. */
async function call(client: Client, name: string, browser: ScriptedBrowser): Promise<void> {
  for (let logins = 0; ; logins += 1) {
    try {
      return void (await client.callTool({ name, arguments: {} }));
    } catch (error) {
      const { loginUrl } = (error as { data?: { loginUrl?: string } }).data ?? {};
      if (loginUrl === undefined || logins === MAX_LOGINS) throw error;
      await browser.follow(loginUrl);
    }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'conformance-serve-'));
const serve = start(folder);
try {
  if (serve.stdout === null) throw new Error('The process `serve` has no stdout');
  const { value: line } = await createInterface({ input: serve.stdout })[Symbol.asyncIterator]().next();
  const gateway = JSON.parse(line ?? '{}') as Gateway;
  const client = new Client({ name: 'conformance', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway.mcp)) as never);
  const browser = new ScriptedBrowser();
  for (const { name } of await listed(client, gateway, browser)) await call(client, name, browser);
  await client.close();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
} finally {
  const hasEnded = once(serve, 'exit');
  serve.kill();
  // Otherwise the gateway could write into the folder while it is being removed.
  await hasEnded;
  rmSync(folder, { recursive: true, force: true });
}
