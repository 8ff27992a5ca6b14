import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/main/cli/program.ts';
import { deploymentBlock, hasProgram } from '../../helpers/deployment/deployment-page.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const bin = fileURLToPath(new URL('../../../src/main/cli/bin.ts', import.meta.url));
const unit = deploymentBlock('/etc/systemd/system/mcp-switchyard.service');
const environment = deploymentBlock('/etc/mcp-switchyard.env');

/**
 * Returns the output of systemd-analyze for a unit. The paths in the unit are first replaced with paths on this
 * machine.
 */
function analyze(
  text: string,
  ...args: readonly string[]
): { readonly status: number | null; readonly output: string } {
  using folder = new TempDir();
  const path = join(folder.path, 'mcp-switchyard.service');
  writeFileSync(path, text.replace('/usr/bin/node', process.execPath).replace(/\/usr\/lib\S+bin\.js/, bin));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', [...args, path], { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

const stopSeconds = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]);
const drainMs = Number(/--drain (\d+)/.exec(unit)?.[1]);

describe('the systemd unit of docs/deployment.md', () => {
  it.skipIf(!hasProgram('systemd-analyze', '--version'))(
    'the systemd unit of docs/deployment.md passes systemd-analyze verify without warnings',
    () => {
      expect(analyze(unit, 'verify')).toEqual({ status: 0, output: '' });
      const wrong = unit.replace('TimeoutStopSec=', 'TimeoutStopSecs=');
      expect(analyze(wrong, 'verify').output).toContain('TimeoutStopSecs');
    },
  );

  it.skipIf(!hasProgram('systemd-analyze', '--version'))(
    'the systemd unit of docs/deployment.md has an exposure of at most 2.0 by systemd-analyze security',
    () => {
      const { status, output } = analyze(unit, 'security', '--offline=true', '--threshold=20', '--no-pager');
      expect(
        `${status} ${output
          .split('\n')
          .filter((line) => line.includes('Overall'))
          .join('')}`,
      ).toMatch(/^0 /);
    },
  );

  it('the systemd unit of docs/deployment.md gives the process more time to end than its calls can take', () => {
    expect(stopSeconds * 1_000).toBeGreaterThanOrEqual(drainMs + 5_000);
    expect(unit).toContain('KillSignal=SIGTERM');
  });

  it('the systemd unit of docs/deployment.md sets every variable that its command line uses', () => {
    const set = new Set([...environment.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name));
    const named = [...unit.matchAll(/-env ([A-Z_]+)|\$\{([A-Z_]+)\}/g)].map(([, first, second]) => first ?? second);
    expect(named.filter((name) => name !== 'STATE_DIRECTORY' && !set.has(name))).toEqual([]);
    expect(named).toEqual(['GATEWAY_TOKEN', 'STATE_DIRECTORY', 'FLEET_SECRET', 'HOST_IP']);
  });

  it('the systemd unit of docs/deployment.md has a command line that `serve` accepts', () => {
    const line = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(unit)?.[1]?.replaceAll('\\\n', ' ').split(/\s+/) ?? [];
    const serve = createProgram(() => {}).commands.find((command) => command.name() === 'serve');
    expect(line[2]).toBe('serve');
    expect(serve?.parseOptions(line.slice(3))).toEqual({ operands: [], unknown: [] });
  });
});
