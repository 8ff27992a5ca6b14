import type { PeerWorld } from '../../helpers/peer-world.ts';
import { TempDir } from '../../helpers/temp-dir.ts';
import { largePeerFile } from '../large/load.ts';
import { type PeerClient, stdioServer, textOf } from './peer-client.ts';
import { runForJson } from './run-program.ts';

/** Connects the command-line client of the MCP inspector. */
export async function connectInspector(
  world: PeerWorld,
  way: 'http' | 'stdio',
  era: 'legacy' | 'modern',
): Promise<PeerClient> {
  const cli = largePeerFile('@modelcontextprotocol/inspector/clients/launcher/build/index.js');
  const home = new TempDir();
  const { command, args: commandArgs } = stdioServer(world);
  const target = way === 'http' ? [world.url, '--transport', 'http'] : [command, ...commandArgs];
  const run = async (...args: string[]): Promise<unknown> => {
    // Everything after -- belongs to the target, so our options come first.
    const own = ['--cli', '--protocol-era', era, '--format', 'json', '--quiet', ...args];
    const all = way === 'http' ? [...own, ...target] : [...own, '--', ...target];
    return ((await runForJson(cli, all, home.path)) as { result: unknown }).result;
  };
  return {
    async toolNames() {
      const { tools } = (await run('--method', 'tools/list')) as { tools: { name: string }[] };
      return tools.map(({ name }) => name);
    },
    call: async (name, args) =>
      textOf(await run('--method', 'tools/call', '--tool-name', name, '--tool-args-json', JSON.stringify(args))),
    read: async (uri) => textOf(await run('--method', 'resources/read', '--uri', uri)),
    prompt: async (name) => textOf(await run('--method', 'prompts/get', '--prompt-name', name)),
    [Symbol.asyncDispose]: async () => home[Symbol.dispose](),
  };
}
