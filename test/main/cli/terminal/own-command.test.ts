import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  examples,
  ownCommand,
  ownProgram,
  ownWords,
  shellLine,
  withOwnCommand,
} from '../../../../src/main/cli/terminal/own-command.ts';
import { TempDir } from '../../../helpers/temp-dir.ts';

const NODE = '/opt/node/bin/node';

let dir: TempDir;
let root = '';

beforeEach(() => {
  dir = new TempDir();
  root = realpathSync(dir.path);
});
afterEach(() => dir[Symbol.dispose]());

/** Creates an empty file and the folders above it, and returns its path. */
function touch(...parts: string[]): string {
  const path = join(root, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

describe('command that starts this CLI', () => {
  it('ownWords() returns the relative paths of node and bin.ts in the root folder of a clone', () => {
    const bin = touch('src', 'main', 'cli', 'bin.ts');
    touch('node_modules', '.bin', 'node');
    const words = ownWords({ bin, node: NODE, cwd: root, path: '' });
    expect(words).toEqual([join('node_modules', '.bin', 'node'), join('src', 'main', 'cli', 'bin.ts')]);
  });

  it('ownWords() returns absolute paths if a clone is used from outside of its root folder', () => {
    const bin = touch('src', 'main', 'cli', 'bin.ts');
    touch('node_modules', '.bin', 'node');
    expect(ownWords({ bin, node: NODE, cwd: dirname(bin), path: '' })).toEqual([NODE, bin]);
  });

  it('if the package is installed in the project, ownWords() returns an `npx` command that downloads nothing', () => {
    const bin = touch('node_modules', 'mcp-switchyard', 'dist', 'main', 'cli', 'bin.js');
    touch('package.json');
    mkdirSync(join(root, 'node_modules', '.bin'));
    symlinkSync(bin, join(root, 'node_modules', '.bin', 'mcp-switchyard'));
    mkdirSync(join(root, 'below'));
    // npx adds this folder to the PATH of the processes that it starts.
    const path = join(root, 'node_modules', '.bin');
    for (const cwd of [root, join(root, 'below')])
      expect(ownWords({ bin, node: NODE, cwd, path })).toEqual(['npx', '--no', '--', 'mcp-switchyard']);
    touch('below', 'package.json');
    expect(ownWords({ bin, node: NODE, cwd: join(root, 'below'), path })).toEqual([NODE, bin]);
  });

  it('ownWords() returns only the name of the CLI if this name on the PATH starts the same CLI', () => {
    const bin = touch('lib', 'node_modules', 'mcp-switchyard', 'dist', 'main', 'cli', 'bin.js');
    mkdirSync(join(root, 'bin'));
    symlinkSync(bin, join(root, 'bin', 'mcp-switchyard'));
    const start = { bin, node: NODE, cwd: '/' };
    expect(ownWords({ ...start, path: `/nowhere:${join(root, 'bin')}` })).toEqual(['mcp-switchyard']);
    expect(ownWords({ ...start, path: '/nowhere' })).toEqual([NODE, bin]);
  });

  it('ownWords() returns absolute paths if the name of the CLI on the PATH starts another program', () => {
    const bin = touch('lib', 'node_modules', 'mcp-switchyard', 'dist', 'main', 'cli', 'bin.js');
    touch('other', 'mcp-switchyard');
    expect(ownWords({ bin, node: NODE, cwd: '/', path: join(root, 'other') })).toEqual([NODE, bin]);
  });
});

describe('copyable command line', () => {
  it('examples() and withOwnCommand() replace the name of the CLI by the command that starts the CLI', () => {
    const own = ownCommand();
    expect(examples('mcp-switchyard sync', 'cat "$(mcp-switchyard registry path)"')).toBe(
      `\nExamples\n  ${own} sync\n  cat "$(${own} registry path)"\n`,
    );
    expect(withOwnCommand('Look at it with `mcp-switchyard tools diff`.')).toBe(
      `Look at it with \`${own} tools diff\`.`,
    );
  });

  it('shellLine() quotes words that a shell would interpret', () => {
    expect(shellLine(['a-b', 'c d', "o'neil", ''])).toBe("a-b 'c d' 'o'\\''neil' ''");
  });

  it('ownProgram() returns the absolute paths of Node.js and of the CLI for the config of a client', () => {
    expect(ownProgram({ bin: '/p/bin.js', node: NODE, cwd: '/', path: '' })).toEqual({
      command: NODE,
      args: ['/p/bin.js'],
    });
  });
});
