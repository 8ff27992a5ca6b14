import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { StatusModel } from '../../src/main/gateway/status-page/model/status-reader.ts';
import type { TrustModel } from '../../src/main/gateway/status-page/model/trust-model.ts';
import { compileCacheEnvironment } from '../helpers/compile-cache.ts';
import { eventually } from '../helpers/eventually.ts';
import { keepEvidence } from '../helpers/evidence.ts';
import { entry, mapOf } from '../helpers/signed-map.ts';
import { TempDir } from '../helpers/temp-dir.ts';

const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const SECTION = 'From nothing to a rotated key';

/** Returns the commands on the page in order, without the command in which the reader sets a URL. */
function commandsOf(page: string): readonly string[] {
  const section = page.split('\n## ').find((part) => part.startsWith(SECTION)) ?? '';
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block.trim());
  return blocks.filter((block) => !block.startsWith('export MAPS='));
}

/** Creates a folder with the page's `map.json`, a web server and the command line. Disposal removes everything. */
async function startPlace() {
  await using stack = new AsyncDisposableStack();
  const dir = stack.use(new TempDir());
  const at = (...names: string[]): string => join(dir.path, ...names);
  for (const name of ['public', 'bin']) mkdirSync(at(name));
  writeFileSync(at('map.json'), JSON.stringify(mapOf([entry('one', { status: 'disabled' })])));
  writeFileSync(
    at('bin', 'mcp-switchyard'),
    `#!/bin/sh\nexec "${process.execPath}" "${pathOf('src/main/cli/bin.ts')}" "$@"\n`,
  );
  chmodSync(at('bin', 'mcp-switchyard'), 0o755);
  const server = createServer((request, response) => {
    const file = at('public', request.url?.slice(1) ?? '');
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const env: NodeJS.ProcessEnv = {
    PATH: `${at('bin')}:${process.env.PATH}`,
    HOME: dir.path,
    MAPS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...compileCacheEnvironment(),
  };
  const everything = stack.move();
  return { at, env, cwd: dir.path, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

type Place = Awaited<ReturnType<typeof startPlace>>;

const execute = promisify(execFile);

/** Runs a command from the page. Resolves with the output of the command, and rejects if the command fails. */
async function runAsPrinted(command: string, { cwd, env }: Place): Promise<string> {
  const { stdout, stderr } = await execute('sh', ['-c', command], { cwd, env });
  keepEvidence('cli', stdout + stderr);
  return stdout + stderr;
}

/** A running `serve` command, and the trust section of its status page. */
interface Host extends AsyncDisposable {
  readonly refresh: () => void;
  readonly trust: () => Promise<Pick<TrustModel, 'signers' | 'keyDocument' | 'dropped'>>;
}

/** Starts the `serve` command of the page on a free port, because the default port may be in use on this machine. */
async function startHost(command: string, { cwd, env }: Place): Promise<Host> {
  const child = spawn('sh', ['-c', `exec ${command} --port 0 --json`], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = text(child.stderr);
  let printed = '';
  child.stdout.on('data', (data: Buffer) => {
    printed += data.toString();
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await eventually('the host listens', () => printed.includes('\n') || child.exitCode !== null);
  const { url } = JSON.parse(printed) as { readonly url: string };
  return {
    refresh: () => child.kill('SIGHUP'),
    async trust() {
      const answer = (await (await fetch(`${url}/status.json`)).json()) as StatusModel;
      return answer.system.maps[0]?.trust ?? { signers: [], keyDocument: null, dropped: null };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
      keepEvidence('cli', await said);
    },
  };
}

const signersOf = async (host: Host): Promise<string> => (await host.trust()).signers.map(({ kid }) => kid).join();

it('the ten commands in docs/signing.md that create, use and rotate keys work as printed', {
  timeout: 120_000,
}, async () => {
  const commands = commandsOf(readFileSync(pathOf('docs/signing.md'), 'utf8'));
  expect(commands).toHaveLength(10);
  const serve = commands.findIndex((command) => command.startsWith('mcp-switchyard serve'));
  await using place = await startPlace();
  let printed = '';
  for (const command of commands.slice(0, serve)) printed += await runAsPrinted(command, place);
  await using host = await startHost(commands[serve] ?? '', place);
  await eventually('the host accepts the map', async () => (await signersOf(host)) === 'first');
  for (const command of commands.slice(serve + 1)) {
    printed += await runAsPrinted(command, place);
    if (!command.startsWith('mcp-switchyard sign')) continue;
    // The host would also refresh automatically, but later.
    host.refresh();
    await eventually('the host has the map of the second key', async () => (await signersOf(host)) === 'second');
  }
  expect(printed).toContain('✔ document 3');
  host.refresh();
  await eventually('the host follows the documents', async () => (await host.trust()).keyDocument?.version === 3);
  expect(await signersOf(host)).toBe('second');
  for (const name of readdirSync(place.cwd).filter((file) => file.endsWith('.jwk')))
    expect(printed).not.toContain(JSON.parse(readFileSync(place.at(name), 'utf8')).d);

  const sync =
    'mcp-switchyard sync --no-state --service-map "$MAPS/map.json" --key-documents "$MAPS/keys.{version}.json"';
  const wasOff = await runAsPrinted(`${sync} --keys map-keys.json`, place);
  const isNew = await runAsPrinted(`${sync} --keys second-key.json --min-version 3`, place);
  expect([wasOff, isNew]).toEqual([expect.stringContaining('map fresh'), expect.stringContaining('map fresh')]);
});

it('a host drops a map whose key was revoked, and accepts the next map that a new key signed', {
  timeout: 120_000,
}, async () => {
  await using place = await startPlace();
  const documents = "--documents 'public/keys.{version}.json'";
  const make = (name: string): string =>
    `mcp-switchyard keys new --out ${name}.jwk --public keys-of-hosts.json --kid ${name}`;
  const sign = (name: string): string => `mcp-switchyard sign map.json --stamp --key ${name}.jwk --out public/map.json`;
  for (const command of [
    make('root'),
    make('stolen'),
    `mcp-switchyard keys rotate ${documents} --keys keys-of-hosts.json --roots root --key root.jwk`,
    sign('stolen'),
  ])
    await runAsPrinted(command, place);
  const flags = '--keys keys-of-hosts.json --key-documents "$MAPS/keys.{version}.json"';
  await using host = await startHost(`mcp-switchyard serve --service-map "$MAPS/map.json" ${flags}`, place);
  await eventually('the host accepts the map', async () => (await signersOf(host)) === 'stolen');
  await runAsPrinted('mcp-switchyard keys new --out next.jwk --public next.json --kid next', place);
  await runAsPrinted(`mcp-switchyard keys revoke stolen ${documents} --keys next.json --key root.jwk`, place);
  host.refresh();
  await eventually('the map is dropped', async () => (await host.trust()).dropped?.code === 'MAP_KEY_REVOKED');
  expect(await signersOf(host)).toBe('');
  await runAsPrinted(sign('next'), place);
  host.refresh();
  await eventually('the next map is in use', async () => (await signersOf(host)) === 'next');
  expect((await host.trust()).dropped).toBeNull();
});
