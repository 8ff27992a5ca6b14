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
  it('the command that starts this CLI is node and bin.ts in the folder of a clone', () => {
    const bin = touch('src', 'main', 'cli', 'bin.ts');
    touch('node_modules', '.bin', 'node');
    const words = ownWords({ bin, node: NODE, cwd: root, path: '' });
    expect(words).toEqual([join('node_modules', '.bin', 'node'), join('src', 'main', 'cli', 'bin.ts')]);
  });

  it('the command that starts this CLI has absolute paths if a clone is used from another folder', () => {
    const bin = touch('src', 'main', 'cli', 'bin.ts');
    touch('node_modules', '.bin', 'node');
    expect(ownWords({ bin, node: NODE, cwd: dirname(bin), path: '' })).toEqual([NODE, bin]);
  });

  it('the command that starts this CLI is npx --no -- in a project with the package, so nothing is downloaded', () => {
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

  it('the command that starts this CLI is only its name if that name on the PATH starts this CLI', () => {
    const bin = touch('lib', 'node_modules', 'mcp-switchyard', 'dist', 'main', 'cli', 'bin.js');
    mkdirSync(join(root, 'bin'));
    symlinkSync(bin, join(root, 'bin', 'mcp-switchyard'));
    const start = { bin, node: NODE, cwd: '/' };
    expect(ownWords({ ...start, path: `/nowhere:${join(root, 'bin')}` })).toEqual(['mcp-switchyard']);
    expect(ownWords({ ...start, path: '/nowhere' })).toEqual([NODE, bin]);
  });

  it('the command that starts this CLI is more than its name if that name on the PATH starts another executable', () => {
    const bin = touch('lib', 'node_modules', 'mcp-switchyard', 'dist', 'main', 'cli', 'bin.js');
    touch('other', 'mcp-switchyard');
    expect(ownWords({ bin, node: NODE, cwd: '/', path: join(root, 'other') })).toEqual([NODE, bin]);
  });
});

describe('copyable command line', () => {
  it('examples and quoted commands contain the command that starts this CLI', () => {
    const own = ownCommand();
    expect(examples('mcp-switchyard sync', 'cat "$(mcp-switchyard registry path)"')).toBe(
      `\nExamples\n  ${own} sync\n  cat "$(${own} registry path)"\n`,
    );
    expect(withOwnCommand('Look at it with `mcp-switchyard tools diff`.')).toBe(
      `Look at it with \`${own} tools diff\`.`,
    );
  });

  it('a command line to copy quotes characters that a shell would interpret', () => {
    expect(shellLine(['a-b', 'c d', "o'neil", ''])).toBe("a-b 'c d' 'o'\\''neil' ''");
  });

  it('the command for a client config consists of two absolute paths', () => {
    expect(ownProgram({ bin: '/p/bin.js', node: NODE, cwd: '/', path: '' })).toEqual({
      command: NODE,
      args: ['/p/bin.js'],
    });
  });
});
