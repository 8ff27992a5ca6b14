import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TempDir } from '../../helpers/temp-dir.ts';
import { largePeerFile, load } from '../large/load.ts';
import { type ConnectPeer, textOf } from './peer-client.ts';
import { runForJson } from './run-program.ts';

/** The parts of mcporter's library that are used here. */
interface Mcporter {
  createRuntime(options: object): Promise<{
    listTools(server: string): Promise<readonly { readonly name: string }[]>;
    callTool(server: string, tool: string, options: object): Promise<unknown>;
    readResource(server: string, uri: string): Promise<unknown>;
    close(): Promise<void>;
  }>;
}

const SERVER = 'switchyard';

/** Connects mcporter as a library. */
export const connectMcporter: ConnectPeer = async ({ url }) => {
  const { createRuntime } = (await load('mcporter')) as Mcporter;
  const logger = { info() {}, warn() {}, error() {}, debug() {} };
  const servers = [{ name: SERVER, command: { kind: 'http', url: new URL(url) } }];
  const runtime = await createRuntime({ servers, logger });
  return {
    async toolNames() {
      return (await runtime.listTools(SERVER)).map(({ name }) => name);
    },
    call: async (name, args) => textOf(await runtime.callTool(SERVER, name, { args })),
    read: async (uri) => textOf(await runtime.readResource(SERVER, uri)),
    prompt: null,
    [Symbol.asyncDispose]: () => runtime.close(),
  };
};

/** Connects mcporter's command-line client. */
export const connectMcporterCli: ConnectPeer = async ({ url }) => {
  const cli = largePeerFile('mcporter/dist/cli.js');
  const home = new TempDir();
  const config = join(home.path, 'mcporter.json');
  writeFileSync(config, JSON.stringify({ mcpServers: { [SERVER]: { url } } }));
  const run = (...args: string[]): Promise<unknown> => runForJson(cli, ['--config', config, ...args], home.path);
  return {
    async toolNames() {
      const { tools } = (await run('list', SERVER, '--json')) as { tools: { name: string }[] };
      return tools.map(({ name }) => name);
    },
    call: async (name, args) =>
      textOf(await run('call', `${SERVER}.${name}`, '--args', JSON.stringify(args), '--output', 'json')),
    read: async (uri) => textOf(await run('resource', SERVER, uri, '--output', 'json')),
    prompt: null,
    [Symbol.asyncDispose]: async () => home[Symbol.dispose](),
  };
};
