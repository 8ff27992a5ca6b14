import { afterEach, describe, expect, it } from 'vitest';
import { PACKAGE_VERSION } from '../../../src/shared/package-version.ts';
import { killRunning, runCli as run, startCli as start } from '../../helpers/cli.ts';
import { runCliHere } from '../../helpers/cli-in-process.ts';
import { eventually } from '../../helpers/eventually.ts';
import { postLegacy } from '../../helpers/mcp-post.ts';

afterEach(killRunning);

describe('switchyard', () => {
  it('explains itself', async () => {
    const { code, stdout, stderr } = await run(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['demo', 'sync', 'doctor', 'Examples', 'Exit codes', 'NO_COLOR']) expect(stdout).toContain(word);
    expect(await run(['--version'])).toEqual({ code: 0, stdout: `${PACKAGE_VERSION}\n`, stderr: '' });
  });

  it.each([
    [[], 'A command is missing'],
    [['dmeo'], "unknown command 'dmeo'\n(Did you mean demo?)"],
    [['demo', 'what'], 'too many arguments'],
    [['demo', '--onse'], "unknown option '--onse'\n(Did you mean --once?)"],
    [['call'], "missing required argument 'tool'"],
    [['sync', '--timeout', 'soon'], 'Give a number of milliseconds'],
  ])('given %j says what is wrong, on stderr, with exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await runCliHere(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toContain('--help');
  });

  it('says in one line what it needs where Node is too old', async () => {
    const older =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.19.0"}})';
    const { code, stdout, stderr } = await run(['--version'], { nodeArgs: ['--import', older] });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^mcp-switchyard needs Node\.js 24 or newer; this is v\d+\.\d+\.\d+\.\n$/);
  });
});

describe('mcp-switchyard demo', () => {
  it('prints one JSON document: real connectors up, their tools called, a load on a thread', async () => {
    const { code, stdout, stderr } = await run(['demo', '--once', '--json']);
    expect(stderr).toContain('everything-sse: ready');
    const { serviceMap, connectors, calls, gateway, loads } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(serviceMap).toMatchObject({ freshness: 'fresh', revision: 2, connectorCount: 5 });
    expect(connectors.every(({ state }: { state: string }) => state === 'ready')).toBe(true);
    expect(connectors.reduce((sum: number, { tools }: { tools: number }) => sum + tools, 0)).toBeGreaterThanOrEqual(20);
    expect(new Set(connectors.map(({ era }: { era: string }) => era))).toEqual(new Set(['modern', 'legacy']));
    expect(new Set(connectors.map(({ transport }: { transport: string }) => transport))).toEqual(
      new Set(['streamable-http', 'sse']),
    );
    expect(gateway).toMatchObject([
      { era: 'modern', tools: 46, answer: '42' },
      { era: 'legacy', tools: 46, answer: '42' },
    ]);
    expect(calls).toHaveLength(5);
    expect(calls.every(({ ok, durationMs }: { ok: boolean; durationMs: number }) => ok && durationMs > 0)).toBe(true);
    expect(loads.map(({ thread }: { thread: string }) => thread.replace(/\d+$/, 'N'))).toEqual(['main', 'worker-N']);
    expect(Object.keys(loads[1].phases)).toEqual(['fetch', 'parse', 'verify', 'validate', 'diff', 'connect']);
  });

  it('stays up as a gateway with metrics and health until it is interrupted, and leaves nothing running', async () => {
    const demo = start(['demo']);
    const url = new Promise<string>((resolve) => {
      demo.child.stderr?.on('data', () => {
        const found = /(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(demo.seen.stderr);
        if (found?.[1] !== undefined) resolve(found[1]);
      });
    });
    const base = await url;
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toMatch(
      /brainwav_mcp_connector_proxy_up\{connector="everything",brand="brAInwav",component="mcp-connectors"\} 1/,
    );
    expect(metrics).toMatch(/mcp_tool_call_duration_seconds_count\{[^}]*connector="memory",outcome="ok"[^}]*\} 1/);
    expect(metrics).toMatch(
      /mcp_service_map_load_duration_seconds_count\{[^}]*phase="verify",outcome="loaded",thread="worker"[^}]*\} 1/,
    );
    expect(metrics).toContain('process_cpu_user_seconds_total');
    const health = await fetch(`${base}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const listed = await postLegacy(`${base}/mcp`, 'tools/list');
    expect(listed.result.tools).toHaveLength(46);
    expect((await fetch(`${base}/else`)).status).toBe(404);
    demo.child.kill('SIGINT');
    const { code, stdout } = await demo.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/everything-sse\s+legacy\s+sse\s+16\s+\d+ ms\s+ready/);
    expect(stdout).toContain('Refresh: ');
    await eventually('nobody listens any more', () =>
      fetch(`${base}/healthz`).then(
        () => false,
        () => true,
      ),
    );
  });

  it('ends in order when it is interrupted while it starts', async () => {
    const demo = start(['demo']);
    await eventually('it has started', () => demo.seen.stderr.includes('Starting'));
    demo.child.kill('SIGTERM');
    expect((await demo.ended).code).toBe(143);
  });
});
