import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deploymentBlock } from '../../helpers/deployment/deployment-page.ts';
import { buildWithoutDocker, readDockerfile } from '../../helpers/deployment/dockerfile.ts';
import { eventually } from '../../helpers/eventually.ts';
import { freePort } from '../../helpers/fleet/free-port.ts';
import { remote } from '../../helpers/gateway-world.ts';
import { TestMcpServer } from '../../helpers/mcp-server.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const dockerfile = deploymentBlock('Dockerfile');
const instructions = readDockerfile(dockerfile);
const all = (name: string): string[] => instructions.filter((one) => one.name === name).map(({ text }) => text);
const port = /"--port", "(\d+)"/.exec(dockerfile)?.[1] ?? '';

/**
 * Fills the build's folder with the packed tarball. The tarball is built in a copy of the checkout, so that no other
 * test sees the dist/ of the copy.
 */
function packInto(context: string, scratch: string): void {
  const copy = join(scratch, 'project');
  const run = (command: string, args: readonly string[], cwd: string): void => {
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${stdout}${stderr}`);
  };
  mkdirSync(copy);
  for (const name of ['package.json', 'README.md', 'LICENSE']) cpSync(join(project, name), join(copy, name));
  // This build has no declarations, because no test reads them here, and types are checked elsewhere.
  const build = join(project, 'scripts', 'build.ts');
  run(process.execPath, [build, join(copy, 'dist'), '--without-declarations'], project);
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', context], copy);
}

describe('the Dockerfile of docs/deployment.md', () => {
  it('the Dockerfile of docs/deployment.md uses an exact Node version, and runs as an unprivileged user', () => {
    const images = all('FROM').map((text) => text.split(' ')[0]);
    expect(new Set(images).size).toBe(1);
    expect(images).toHaveLength(2);
    expect(images[0]).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
    expect(all('USER')).toEqual(['node']);
    expect(all('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(all('HEALTHCHECK').join()).toContain('CMD ["node"');
    expect(dockerfile).not.toContain('curl');
  });

  it('the documented stop timeout of the container is longer than the drain of the gateway', () => {
    const run = deploymentBlock('Build and run it');
    const drainMs = Number(/"--drain", "(\d+)"/.exec(dockerfile)?.[1]);
    const stopSeconds = Number(/--stop-timeout (\d+)/.exec(run)?.[1]);
    expect(stopSeconds * 1_000).toBeGreaterThanOrEqual(drainMs + 5_000);
    expect(run).toContain(`${port}:${port}`);
    expect(all('EXPOSE')).toEqual([port]);
  });

  it('the Dockerfile of docs/deployment.md builds an image that answers requests and exits with 0 on SIGTERM', async () => {
    using scratch = new TempDir();
    using context = new TempDir();
    packInto(context.path, scratch.path);
    const PATH = `${join(project, 'node_modules', '.bin')}:${process.env.PATH}`;
    const env = { PATH, HOME: process.env.HOME };
    const own = await freePort();
    const moved = readDockerfile(dockerfile.replaceAll(port, String(own)));
    const image = buildWithoutDocker(moved, {
      scratch: scratch.path,
      context: context.path,
      env: { ...process.env, PATH },
    });
    expect(existsSync(join(image.workFolder, 'mcp-switchyard.tgz'))).toBe(false);
    const token = /^GATEWAY_TOKEN=(.+)$/m.exec(deploymentBlock('/etc/mcp-switchyard.env'))?.[1] ?? '';
    await using server = await TestMcpServer.start((mcp) =>
      mcp.registerTool('work', {}, () => ({ content: [{ type: 'text', text: 'done' }] })),
    );
    writeFileSync(join(scratch.path, 'servers.json'), JSON.stringify({ mcpServers: { a: remote(server) } }));
    const [program = '', ...args] = [...image.command, '--config', join(scratch.path, 'servers.json')];
    const container = spawn(program, args, {
      cwd: image.workFolder,
      env: { ...env, ...image.env, GATEWAY_TOKEN: token },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const hasEnded = once(container, 'exit');
    let said = '';
    container.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const inside = async (command: string, ...more: readonly string[]): Promise<number> => {
      const child = spawn(command, more, {
        cwd: image.workFolder,
        env: { ...env, GATEWAY_TOKEN: token },
        stdio: 'ignore',
      });
      const [code] = (await once(child, 'exit')) as [number];
      return code;
    };
    try {
      const [check = '', ...checkArgs] = image.healthcheck;
      await eventually('its health check succeeds', async () => {
        if (container.exitCode !== null) throw new Error(`The process has ended: ${said}`);
        return (await inside(check, ...checkArgs)) === 0;
      });
      const lines = deploymentBlock('Try it').replaceAll(port, String(own)).trim().split('\n');
      expect(lines).toHaveLength(3);
      for (const line of lines)
        await eventually(`${line} succeeds`, async () => (await inside('sh', '-c', line)) === 0);
      container.kill('SIGTERM');
      expect((await hasEnded)[0]).toBe(0);
      expect(await inside(check, ...checkArgs)).toBe(1);
    } finally {
      container.kill('SIGKILL');
    }
  }, 600_000);

  it('the Dockerfile of docs/deployment.md specifies a Node version that the package supports', () => {
    const { engines } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
      engines: { node: string };
    };
    const oldest = Number(/\d+/.exec(engines.node)?.[0]);
    expect(Number(/node:(\d+)/.exec(all('FROM')[0] ?? '')?.[1])).toBeGreaterThanOrEqual(oldest);
  });
});
