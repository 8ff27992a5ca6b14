import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { readFirstAnswers } from '../../src/main/cli/first-answers/read-first-answers.ts';
import { type FirstAnswers, isFirstAnswersName } from '../../src/shared/protocol/first-answers.ts';
import { type RunningCli, STATE_ENVIRONMENT, startCli } from './cli.ts';
import { compileCacheEnvironment } from './compile-cache.ts';
import { eventually } from './eventually.ts';
import { LocalFile } from './local-file.ts';
import { TempDir } from './temp-dir.ts';

const bin = fileURLToPath(new URL('../../src/main/cli/bin.ts', import.meta.url));

/** The first message of a client. */
export const INITIALIZE = { id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {} } };
const OWN = { OWN_KEY: 'one' };

/** Sends messages to a gateway over stdio. */
export function send({ child }: RunningCli, ...messages: readonly object[]): void {
  child.stdin?.write(messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''));
}

/** Returns the line with the response to a request; undefined until it arrives. */
export function answerTo({ seen }: RunningCli, id: number): string | undefined {
  return seen.stdout.split('\n').find((line) => line.includes(`"id":${id},`));
}

/** Opens a session. Resolves with the response to `tools/list`. */
export async function listOf(cli: RunningCli): Promise<string> {
  send(cli, INITIALIZE, { method: 'notifications/initialized' }, { id: 2, method: 'tools/list' });
  await eventually('the tools are listed', () => answerTo(cli, 2) !== undefined, 60_000);
  return answerTo(cli, 2) ?? '';
}

/** Lists the tools repeatedly until `isWanted` accepts a list. The first list request (id 2) is already pending. */
export async function listsUntil(cli: RunningCli, what: string, isWanted: (list: string) => boolean): Promise<void> {
  let id = 2;
  const isThere = (): boolean => {
    const list = answerTo(cli, id);
    if (list === undefined) return false;
    if (isWanted(list)) return true;
    id += 1;
    send(cli, { id, method: 'tools/list' });
    return false;
  };
  await eventually(what, isThere, 60_000);
}

/** Closes the standard input of the gateway, and waits until the gateway has ended with exit code 0. */
export async function closed(cli: RunningCli): Promise<void> {
  cli.child.stdin?.end();
  expect((await cli.ended).code).toBe(0);
}

/** A state folder and a configuration file for a gateway over stdio. Both are removed when their scope ends. */
export interface Place extends Disposable {
  readonly argv: readonly string[];
  readonly stateDir: string;
  readonly file: LocalFile;
  /** Returns the first answers (stored responses) that a start would send now; null if it would send none. */
  readonly answers: (changes?: { env?: object; argv?: readonly string[]; nowMs?: number }) => FirstAnswers | null;
  readonly answersFile: () => string;
}

/** Creates a place for a gateway in front of these servers. `more` contains further arguments of its command line. */
export function placeFor(servers: Readonly<Record<string, object>>, ...more: readonly string[]): Place {
  const [folder, file] = [new TempDir(), new LocalFile(servers)];
  const stateDir = join(folder.path, 'state');
  const argv = ['serve', '--config', file.path, '--state-dir', stateDir, '--stdio', ...more];
  const { PATH, HOME } = process.env;
  const inherited = { PATH, HOME, ...compileCacheEnvironment(), ...STATE_ENVIRONMENT, ...OWN };
  return {
    ...{ argv, stateDir, file },
    answers: ({ env = {}, argv: words = argv, nowMs = Date.now() } = {}) =>
      readFirstAnswers({ argv: words, bin, cwd: process.cwd(), env: { ...inherited, ...env } }, nowMs),
    answersFile: () => join(stateDir, readdirSync(stateDir).find(isFirstAnswersName) ?? 'missing'),
    [Symbol.dispose]() {
      folder[Symbol.dispose]();
      file[Symbol.dispose]();
    },
  };
}

/** Starts a gateway whose stdin stays open. */
export const start = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  startCli(argv, { env: { ...OWN, ...env }, keepsStdin: true });
