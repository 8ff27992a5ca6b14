import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Block } from '../pages/page-blocks.ts';
import type { DemoWorld } from '../world/demo-world.ts';
import { startKept } from '../world/kept-process.ts';
import { programSetup } from '../world/setups.ts';
import { type Outcome, runProcess } from './run-process.ts';

const COMPILER = resolve('node_modules/typescript/bin/tsc');
const OPTIONS = [
  ...['--noEmit', '--strict', '--skipLibCheck', 'false', '--types', 'node', '--target', 'esnext', '--lib', 'esnext'],
  ...['--module', 'nodenext', '--moduleDetection', 'force', '--allowImportingTsExtensions', '--erasableSyntaxOnly'],
];
const JAVASCRIPT = ['--allowJs', '--checkJs', '--noImplicitAny', 'false'];
const LIMIT_MS = 60_000;

/**
 * Compiles a program of a page against the packed package, and runs it. `earlier` is the code of an earlier program
 * that this program continues.
 */
export async function runProgram(block: Block, earlier: string, world: DemoWorld): Promise<Outcome> {
  const { language, line, markers } = block;
  const [before, after] = programSetup(markers.setup);
  const file = block.file ?? `block-${line}.${language === 'ts' ? 'ts' : 'mjs'}`;
  const start = before + earlier;
  // These empty lines make the compiler and Node.js report the line numbers of the page.
  const padding = block.file === null ? '\n'.repeat(Math.max(line - start.split('\n').length + 1, 0)) : '';
  await world.write(file, `${padding}${start}${block.code}\n${after}`);
  const { project: cwd, env } = world;
  const log = join(world.run, 'program.txt');
  const checks = [COMPILER, ...OPTIONS, ...(language === 'ts' ? [] : JAVASCRIPT), file];
  const compiled = await runProcess({ command: 'node', args: checks, cwd, env, log, limitMs: LIMIT_MS });
  if (compiled.code !== 0 || markers.isCompileOnly) return compiled;
  if (!markers.keepsRunning) return runProcess({ command: 'node', args: [file], cwd, env, log, limitMs: LIMIT_MS });
  const listening = join(world.run, 'listening');
  rmSync(listening, { force: true });
  const watched = { ...env, SWITCHYARD_DOCS_LISTENING: listening };
  const isReady = (): boolean => existsSync(listening);
  const { code, output } = await startKept(world.run, { command: 'node', args: [file], cwd, env: watched, isReady });
  return { code: code ?? 0, output };
}
