import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type ServeOptions, withServe } from '../../serve-options.ts';
import { ownProgram } from '../../terminal/own-command.ts';
import { runServe } from '../serve.ts';

/**
 * Serves all connectors of a recording over standard streams, through a gateway that gives the tools the same names as
 * `serve`. Each connector is a separate process that replays its part of the recording. Resolves with the exit code.
 */
export async function serveRecorded(path: string, connectors: readonly string[], isLenient: boolean): Promise<number> {
  const { command, args } = ownProgram();
  const replay = (id: string): object => ({
    command,
    args: [...args, 'replay', resolve(path), '--connector', id, ...(isLenient ? ['--lenient'] : [])],
  });
  const folder = mkdtempSync(join(tmpdir(), 'switchyard-replay-'));
  const file = join(folder, 'mcp.json');
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const mcpServers = Object.fromEntries(connectors.map((id) => [id, replay(id)]));
    writeFileSync(file, JSON.stringify({ mcpServers }), { mode: 0o600 });
    const serve = withServe(new Command()).parse(['--stdio', '--no-state', '--config', file], { from: 'user' });
    return await runServe(serve.opts<ServeOptions>());
  } finally {
    remove();
  }
}
