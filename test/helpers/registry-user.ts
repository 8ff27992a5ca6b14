import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../fixtures/programs/registry-user.ts', import.meta.url));
const children = new Set<ChildProcess>();

/** A process that uses a registry, and its output so far. */
export interface RegistryUser {
  readonly child: ChildProcess;
  readonly lines: readonly string[];
  /** Resolves with its exit code and its signal. */
  readonly ended: Promise<unknown[]>;
}

/** Starts a process that uses the registry in this `CORTEX_HOME`, with arguments such as `writes PREFIX COUNT`. */
export function startRegistryUser(home: string, ...args: string[]): RegistryUser {
  const { PATH, NODE_V8_COVERAGE } = process.env;
  const env = { PATH, CORTEX_HOME: home, ...(NODE_V8_COVERAGE && { NODE_V8_COVERAGE }) };
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const lines: string[] = [];
  let rest = '';
  child.stdout.on('data', (data: Buffer) => {
    const parts = (rest + data.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  return { child, lines, ended: once(child, 'close') };
}

/** Kills all running processes. Call it in afterEach. */
export function killRegistryUsers(): void {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
}
