import { afterEach, describe, expect, it } from 'vitest';
import { killRunning, runCli as run, startCli as start } from '../helpers/cli.ts';
import { eventually } from '../helpers/eventually.ts';
import { expectDocument } from '../helpers/json-documents/document-case.ts';
import { startedElsewhere } from '../helpers/json-documents/started-elsewhere.ts';
import { postLegacy } from '../helpers/mcp-post.ts';

afterEach(killRunning);

describe('mcp-switchyard demo', () => {
  it('`demo --once --json` prints a JSON document about real connectors, tool calls and loads of a map', async () => {
    const ended = await run(['demo', '--once', '--json']);
    const { stdout, stderr } = ended;
    expectDocument(ended, startedElsewhere('demo'));
    expect(stderr).toContain('everything-sse: ready');
    const { serviceMap, connectors, calls, gateway, loads } = JSON.parse(stdout);
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

  it('`demo` serves a gateway, metrics and a health check until it is interrupted, and leaves no process behind', async () => {
    const demo = start(['demo']);
    const url = new Promise<string>((resolve) => {
      demo.child.stderr?.on('data', () => {
        const found = /(http:\/\/127\.0\.0\.1:\d+)\/metrics/.exec(demo.seen.stderr);
        if (found?.[1] !== undefined) resolve(found[1]);
      });
    });
    const base = await url;
    const metrics = await (await fetch(`${base}/metrics`)).text();
    expect(metrics).toMatch(/mcp_connector_up\{connector="everything",component="mcp-connectors"\} 1/);
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
});
