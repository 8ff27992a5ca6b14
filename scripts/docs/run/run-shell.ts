import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Block } from '../pages/page-blocks.ts';
import type { DemoWorld } from '../world/demo-world.ts';
import { shellSetup } from '../world/setups.ts';
import { type Outcome, runProcess } from './run-process.ts';

const LIMIT_MS = 120_000;

/**
 * Runs the commands of a block. They start in the folder in which the previous block ended, with the variables and
 * functions of that block.
 */
export async function runShell(block: Block, world: DemoWorld): Promise<Outcome> {
  const at = (name: string): string => join(world.run, name);
  const state = at('shell-state.sh');
  if (!existsSync(state)) writeFileSync(state, '');
  await world.trustFiles();
  const header = `set -euo pipefail; . '${state}'; ${await world.substitute(shellSetup(block.markers.setup))}`;
  const footer = `${leaveRunning(world.run)} { export -p; declare -f; printf 'cd %q\\n' "$PWD"; } >'${state}'`;
  // These empty lines make the shell report the line numbers of the page.
  const padding = '\n'.repeat(block.line);
  const commands = await world.substitute(commandsOf(block.code));
  writeFileSync(at('block.sh'), `${header}${padding}${commands}\n${footer}\n`);
  rmSync(at('listening'), { force: true });
  const { project: cwd } = world;
  const env = { ...world.env, SWITCHYARD_DOCS_LISTENING: at('listening') };
  return runProcess({ command: 'bash', args: [at('block.sh')], cwd, env, log: at('shell.txt'), limitMs: LIMIT_MS });
}

/**
 * Returns the commands of a block. If some lines begin with `$ `, all other lines are output, and are replaced by empty
 * lines.
 */
export function commandsOf(code: string): string {
  const lines = code.split('\n');
  if (!lines.some((line) => line.startsWith('$ '))) return lines.map(adapt).join('\n');
  let isCommand = false;
  return lines
    .map((line) => {
      const isFirst = line.startsWith('$ ');
      const isMore = isCommand && !isFirst;
      if (!isFirst && !isMore) return '';
      const command = isFirst ? line.slice(2) : line;
      isCommand = command.endsWith('\\');
      return adapt(command);
    })
    .join('\n');
}

/**
 * Returns shell code that waits, for at most 10 s, until each background command has ended or listens. Commands that
 * are still running are ended after the last block of the page.
 */
function leaveRunning(run: string): string {
  const isDone = '[ -z "$(jobs -r)" ]';
  const listens = '[ -e "$SWITCHYARD_DOCS_LISTENING" ]';
  const wait = `for i in {1..100}; do { ${isDone} || ${listens}; } && break; sleep 0.1; done`;
  return `${wait}; ${isDone} || echo $$ >'${run}'/$$.pid;`;
}

const adapt = (line: string): string => expectExit(line.replace(GATEWAY_BEHIND, '$1 $2'));

/**
 * Matches a command line that starts a gateway in the background. The `&` is removed, because the program that replaces
 * the command goes to the background itself, as soon as the gateway is ready.
 */
const GATEWAY_BEHIND = /^((?:npx (?:--no )?)?(?:mcp-)?switchyard serve\b[^#&]*)&\s*(#.*)?$/;

/** Adds a check to a command whose comment begins with `exits N`: the exit code of the command must be N. */
function expectExit(line: string): string {
  const [, command, code] = /^(.*\S)\s+# exits ([1-9]\d*)\b/.exec(line) ?? [];
  if (code === undefined) return line;
  return `if ${command}; then echo 'ended with 0, not ${code}'; exit 1; else [ $? -eq ${code} ]; fi`;
}
