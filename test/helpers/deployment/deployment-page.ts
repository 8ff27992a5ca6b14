import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const PAGE = new URL('../../../docs/deployment.md', import.meta.url);

/** Returns the code blocks of docs/deployment.md. The key of each block is its first comment, such as `Dockerfile`. */
export function deploymentBlocks(): ReadonlyMap<string, string> {
  const found = readFileSync(PAGE, 'utf8').matchAll(/^```[a-z]+\n# (.+)\n([\s\S]*?)^```$/gm);
  return new Map([...found].map(([, name = '', text = '']) => [name, text]));
}

/** Returns one block of the page, without the comment that names it. */
export function deploymentBlock(name: string): string {
  const text = deploymentBlocks().get(name);
  if (text === undefined) throw new Error(`docs/deployment.md has no block "# ${name}"`);
  return text;
}

/** Whether a program is installed. If it is not, prints a visible note, or throws in CI. */
export function hasProgram(name: string, ...args: readonly string[]): boolean {
  const { status } = spawnSync(name, args, { stdio: 'ignore' });
  if (status === 0) return true;
  if (process.env.CI !== undefined) throw new Error(`The deployment tests need ${name} in CI`);
  process.stderr.write(`\n*** ${name} is not installed: its deployment tests are SKIPPED ***\n\n`);
  return false;
}
