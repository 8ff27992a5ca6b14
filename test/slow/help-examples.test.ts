import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TrustBook, trustFolder } from '../../src/main/cli/discovery/trust-book.ts';
import { readLocalConfig } from '../../src/main/local-config/read-local-config.ts';
import { compileCacheEnvironment } from '../helpers/compile-cache.ts';
import { helpExamples } from '../helpers/help-examples.ts';
import { TestMcpServer } from '../helpers/mcp-server.ts';
import { entry, KEY, mapOf } from '../helpers/signed-map.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const BIN = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../node_modules/', import.meta.url));
const EVERYTHING = join(PACKAGES, '@modelcontextprotocol', 'server-everything', 'dist', 'index.js');
const OLD_KID = '2026-11-29-Xk3fQ2ab';

/**
 * Examples that this test does not run, because they take minutes, or need a Redis server or a recorded gateway. They
 * have their own tests.
 */
const NOT_RUN = /^mcp-switchyard (?:bench|demo|fleet)\b|--fleet |^mcp-switchyard replay .* --connector/;

/** The examples that do not exit with 0 in this test, and the exit code of each. */
const EXIT_CODES: Readonly<Record<string, number>> = {
  'mcp-switchyard tools diff --state-dir ./state': 1,
  'mcp-switchyard tools diff mail.send --state-dir ./state': 1,
  // There is no terminal for the confirmation.
  'mcp-switchyard state reset-floor --source https://maps.example.com/map': 2,
};

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

const folder = new TempDir();
const root = realpathSync(folder.path);
const at = (name: string): string => join(root, name);
const [work, home, bin] = [at('work'), at('home'), at('bin')];
/** Folders with keys only, with a key document, and with a document that needs one more signature. */
const [keyed, documented, partial] = [at('keyed'), at('documented'), at('partial')];
const environment = {
  ...compileCacheEnvironment(),
  PATH: `${bin}:${process.env.PATH}`,
  HOME: home,
  SWITCHYARD_LOGIN_KEY: 'file',
  CONNECTORS_SIGNATURE_KEY: KEY,
  MAP_KEY: KEY,
  TOKEN: 'the-token-of-a-test',
  GATEWAY_TOKEN: 'another-token-of-a-test',
  FLEET_SECRET: 'a-secret-that-is-long-enough-for-a-fleet',
};
/** The folder that is copied for an example before it runs, or null for an empty folder. */
const TEMPLATES: readonly (readonly [RegExp, string | null])[] = [
  [/ keys new /, null],
  [/ keys rotate .*--keys map-keys\.json/, keyed],
  [/ keys (?:rotate|revoke) /, documented],
  [/ keys sign-document /, partial],
];
/** Whether the tool `send` differs from its first definition. */
let isChanged = false;
let mcp: TestMcpServer;
let maps: Server;

/** Runs a line in a shell. A gateway that serves over HTTP is ended by a signal as soon as it listens. */
async function run(line: string, cwd = work): Promise<Outcome> {
  const isListening = line.includes(' serve ') && !line.includes('--stdio');
  const child = spawn('bash', ['-c', isListening ? `exec ${line} --port 0` : line], {
    ...{ cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let output = '';
  let isTold = false;
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    // A second signal would end the gateway without waiting for running calls.
    if (!isListening || isTold || !output.includes('Ctrl-C ends it')) return;
    isTold = true;
    child.kill('SIGTERM');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function must(line: string, cwd = work): Promise<void> {
  const { code, output } = await run(line, cwd);
  if (code !== 0) throw new Error(`${line} ended with ${code}: ${output}`);
}

function script(name: string, text: string): void {
  writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(bin, name), 0o755);
}

beforeAll(async () => {
  for (const path of [work, home, bin, join(home, '.cursor'), join(home, '.gemini'), join(work, '.gemini')])
    mkdirSync(path, { recursive: true });
  mkdirSync(join(work, '.vscode'));
  script('mcp-switchyard', `exec '${process.execPath}' '${BIN}' "$@"`);
  script('npx', `exec '${process.execPath}' '${EVERYTHING}'`);
  script('ssh', 'shift 2; exec "$@"');
  script('curl', `cat '${home}/.cursor/mcp.json'`);
  mcp = await TestMcpServer.start((server) => {
    const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
    server.registerTool('search', { inputSchema: z.object({ query: z.string() }) }, ({ query }) => text(query));
    const description = isChanged ? 'Sends a mail to anybody' : 'Sends a mail';
    server.registerTool('send', { description, inputSchema: z.object({}) }, () => text('sent'));
  });
  const { url } = mcp;
  const everything = { command: process.execPath, args: [EVERYTHING] };
  const servers = { everything, mail: { url }, github: { url } };
  const config = JSON.stringify({ mcpServers: servers });
  writeFileSync(join(work, '.mcp.json'), config);
  writeFileSync(join(home, 'servers.json'), config);
  writeFileSync(join(home, '.cursor', 'mcp.json'), JSON.stringify({ mcpServers: { search: { url } } }));
  writeFileSync(join(home, '.claude.json'), JSON.stringify({ mcpServers: { mine: { type: 'http', url } } }));
  writeFileSync(join(work, '.vscode', 'mcp.json'), JSON.stringify({ servers: { code: { type: 'http', url } } }));
  // The user has trusted the project's config file before.
  const machine = { platform: process.platform, env: environment, cwd: work };
  const { digest } = await readLocalConfig(join(work, '.mcp.json'), environment, work);
  new TrustBook(trustFolder(machine as Parameters<typeof trustFolder>[0])).add(join(work, '.mcp.json'), digest);
  await makeKeysAndMaps(url);
  maps = createServer(({ url: path = '' }, response) => {
    const document = /^\/keys\.\d+\.json$/.exec(path)?.[0];
    const file = join(work, document ?? 'served.json');
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(maps, 'listening');
  await usedBefore();
}, 300_000);

afterAll(async () => {
  maps.close();
  await mcp[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Creates keys and documents as in the pages about signing, and a signed map. */
async function makeKeysAndMaps(url: string): Promise<void> {
  for (const path of [keyed, documented, partial]) mkdirSync(path);
  const make = (name: string, more = ''): Promise<void> =>
    must(`mcp-switchyard keys new --out ${name}.jwk --public ${more}`, keyed);
  await make('map-key', 'map-keys.json');
  await make('second-key', 'map-keys.json');
  cpSync(keyed, work, { recursive: true });
  await make('old-key', `map-keys.json --kid ${OLD_KID}`);
  await make('root-key', 'map-keys.json');
  await make('second-root', 'map-keys.json');
  await make('next-key', 'next.json');
  cpSync(join(keyed, 'next.json'), join(keyed, 'next-keys.json'));
  cpSync(keyed, documented, { recursive: true });
  cpSync(keyed, partial, { recursive: true });
  const rotate = "mcp-switchyard keys rotate --documents 'keys.{version}.json' --keys map-keys.json --key map-key.jwk";
  await must(rotate, documented);
  await must(rotate, partial);
  await must(`${rotate.replace('map-keys', 'next')} --threshold 2 --partial`, partial);
  cpSync(join(documented, 'keys.1.json'), join(work, 'keys.1.json'));
  writeFileSync(join(work, 'map.json'), JSON.stringify(mapOf([entry('mail', { endpoint: url })])));
  await must('mcp-switchyard sign map.json --stamp --key map-key.jwk --key-env MAP_KEY --out served.json');
}

/** Fills the state folders as earlier use would. */
async function usedBefore(): Promise<void> {
  for (isChanged of [false, true]) await must('mcp-switchyard tools --config .mcp.json --state-dir ./state');
  await must(here('mcp-switchyard sync --service-map https://maps.example.com/map'));
}

/** Returns the folder in which an example runs. Its keys and documents are as if no other example had run. */
function folderOf(line: string): string {
  const template = TEMPLATES.find(([pattern]) => pattern.test(line));
  if (template === undefined) return work;
  const fresh = mkdtempSync(at('keys-'));
  if (template[1] !== null) cpSync(template[1], fresh, { recursive: true });
  return fresh;
}

/** Runs the commands that a user would run before this example. */
async function prepare(line: string): Promise<void> {
  const add = (name: string): Promise<void> => must(`mcp-switchyard registry add ${name} --replace -- npx -y ${name}`);
  if (line === 'mcp-switchyard verify signed.json') {
    await must('mcp-switchyard sign map.json --stamp --key map-key.jwk --key-env MAP_KEY --out signed.json');
  }
  if (/ registry show files/.test(line)) await add('files');
  if (/ registry remove /.test(line)) await Promise.all([add('files'), add('search')]);
  if (/ registry add /.test(line)) await run('mcp-switchyard registry remove files search');
}

/** Replaces the addresses in the examples with servers of this test. */
function here(line: string): string {
  const { port } = maps.address() as AddressInfo;
  return line
    .replaceAll(/https:\/\/maps\.example\.com/g, `http://127.0.0.1:${port}`)
    .replaceAll('https://mcp.example.com/mcp', mcp.url);
}

describe('the examples in the help', () => {
  it('all examples in the help work when they run one after the other', { timeout: 900_000 }, async () => {
    const wrong: string[] = [];
    // Some lines appear in the help of a command and of its group.
    const lines = new Set(helpExamples().map(({ line }) => line));
    for (const line of lines) {
      if (NOT_RUN.test(line)) continue;
      await prepare(line);
      const { code, output } = await run(here(line), folderOf(line));
      if (code !== (EXIT_CODES[line] ?? 0)) wrong.push(`${line}\n  ended with ${code}:\n${output}`);
    }
    expect(wrong.join('\n')).toBe('');
  });
});
