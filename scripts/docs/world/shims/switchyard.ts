/**
 * `node switchyard.ts BIN ARGS…`: runs commands of mcp-switchyard that wait for a person. A gateway goes to the
 * background when it listens. A gateway that was started earlier is ended first. For `auth login --no-browser`, a
 * scripted browser logs in.
 */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScriptedBrowser } from '../../../../test/helpers/logins/scripted-browser.ts';
import { endKept, startKept } from '../kept-process.ts';

const [bin = '', ...args] = process.argv.slice(2);
const { SWITCHYARD_DOCS_RUN: run = '', SWITCHYARD_DOCS_PORT: port = '' } = process.env;
const has = (...flags: readonly string[]): boolean => flags.some((flag) => args.includes(flag));
const staysUp = /^(?:serve|demo)$/.test(args[0] ?? '') && !has('--stdio', '--once', '--help');

process.exitCode = staysUp ? await keepRunning() : await runWithPerson();

async function keepRunning(): Promise<number> {
  await endKept(run);
  const withPort = args[0] !== 'serve' || has('--port') ? args : [...args, '--port', port];
  const place = { cwd: process.cwd(), env: { ...process.env, SWITCHYARD_DOCS_LISTENING: '' } };
  const isReady = (output: string): boolean => output.includes('Ctrl-C ends it');
  const { code, output } = await startKept(run, { command: 'node', args: [bin, ...withPort], ...place, isReady });
  process.stdout.write(output);
  if (code === null) await connectorsAreUp(/page (http\S+)\//.exec(output)?.[1] ?? '');
  return code ?? 0;
}

/**
 * Waits, for at most 5 s, until the connectors are connected. A real reader would need some time to type the next
 * command.
 */
async function connectorsAreUp(url: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < 5_000; waitedMs += 100) {
    const isReady = await fetch(`${url}/readyz`)
      .then(({ ok }) => ok)
      .catch(() => false);
    if (isReady) return;
    await sleep(100);
  }
}

/** Runs the command. If it prints a URL, a scripted browser opens the URL and fills in the forms. */
async function runWithPerson(): Promise<number> {
  const child = spawn('node', [bin, ...args], { stdio: ['pipe', 'inherit', 'pipe'] });
  let said = '';
  let isOpened = false;
  child.stderr.on('data', (data: Buffer) => {
    process.stderr.write(data);
    said += data.toString();
    const address = /^ {2}address +(\S+)$/m.exec(said)?.[1];
    if (address === undefined || isOpened || !has('--no-browser')) return;
    isOpened = true;
    void new ScriptedBrowser().follow(address);
  });
  if (args[1] !== 'login') child.stdin.end();
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
