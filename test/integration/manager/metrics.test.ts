import { expect, it } from 'vitest';
import { getConnectorMetricsRegistry } from '../../../src/main/index.ts';
import { INSTRUMENTS, MAX_CONNECTOR_LABELS } from '../../../src/main/observability/instrument-table.ts';
import { nextTurn } from '../../../src/shared/clock.ts';
import { eventually } from '../../helpers/eventually.ts';
import { manage } from '../../helpers/manager.ts';
import { MapServer } from '../../helpers/map-server.ts';
import { counterOf, mapNow, mapUnderTest, off } from '../../helpers/map-under-test.ts';
import { entry } from '../../helpers/signed-map.ts';

const gauge = counterOf;
const UP = 'brainwav_mcp_connector_proxy_up';
const here = {
  connect: () => Promise.resolve(),
  getTools: () => [{ name: 'x', inputSchema: {} }],
  callTool: () => Promise.resolve({ content: [] }),
};

it('the metrics registry holds every documented metric, with its labels and the default labels', async () => {
  const registry = getConnectorMetricsRegistry();
  await using managed = await manage([entry('one')], { createProxy: () => here });
  await managed.manager.sync();
  const text = await registry.metrics();
  for (const { name, kind } of Object.values(INSTRUMENTS)) expect(text).toContain(`# TYPE ${name} ${kind}`);
  expect(text).toMatch(/^mcp_connector_up\{connector="one",component="mcp-connectors"\} 1$/m);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
});

it('metrics count connectors by state and by state change, until their manager is closed', async () => {
  const managed = await manage([entry('a'), entry('b', { status: 'disabled' })], { createProxy: () => here });
  const before = await gauge('mcp_connector_transitions_total', { from: 'connecting', to: 'ready' });
  await managed.manager.sync();
  expect(await gauge('mcp_connectors', { state: 'ready' })).toBe(1);
  expect(await gauge('mcp_connectors', { state: 'disabled' })).toBe(1);
  expect(await gauge('mcp_connector_transitions_total', { from: 'connecting', to: 'ready' })).toBe(before + 1);
  expect([await gauge(UP, { connector: 'a' }), await gauge(UP, { connector: 'b' })]).toEqual([1, 0]);
  await managed[Symbol.asyncDispose]();
  expect(await gauge('mcp_connectors', { state: 'ready' })).toBe(0);
});

it('gauges show for how long a map has been expired, and the state of its circuit', async () => {
  let now = Date.now();
  await using server = await MapServer.start(mapNow([off('a')], { ttlSeconds: 60 }));
  await using held = mapUnderTest(server.url, { now: () => now });
  await held.manager.sync();
  expect(await gauge('mcp_service_map_stale_seconds', {})).toBe(0);
  expect(await gauge('mcp_service_map_expires_in_seconds', {})).toBeCloseTo(60, -1);
  expect(await gauge('mcp_service_map_circuits', { state: 'closed' })).toBe(1);
  server.fail();
  for (let refresh = 0; refresh < 3; refresh += 1) await held.manager.sync(true).catch(() => {});
  now += 90_000;
  expect(await gauge('mcp_service_map_stale_seconds', {})).toBeCloseTo(30, -1);
  expect(await gauge('mcp_service_map_circuits', { state: 'half-open' })).toBe(1);
  expect(await gauge('mcp_load_pool_queue_length', {})).toBe(0);
});

it('a connector that fails to connect is counted with the label of its error code', async () => {
  const before = await counterOf('mcp_connector_failures_total', { code: 'CONNECTOR_CONNECT_FAILED' });
  await using managed = await manage([entry('dead')], { random: { next: () => 1 } });
  await managed.manager.sync();
  expect(await counterOf('mcp_connector_failures_total', { code: 'CONNECTOR_CONNECT_FAILED' })).toBe(before + 1);
});

it('connectors beyond the label limit share the label "other", and have no separate gauge', async () => {
  const many = Array.from({ length: MAX_CONNECTOR_LABELS + 5 }, (_, index) => entry(`n${index}`));
  await using managed = await manage(many, { createProxy: () => here });
  await managed.manager.sync();
  await managed.manager.callTool(`n${MAX_CONNECTOR_LABELS + 3}.x`);
  const up = await getConnectorMetricsRegistry().getSingleMetric(UP)?.get();
  expect(up?.values.length).toBe(MAX_CONNECTOR_LABELS);
  expect(await getConnectorMetricsRegistry().metrics()).toMatch(
    /mcp_tool_call_duration_seconds_count\{[^}]*connector="other"[^}]*\} [1-9]/,
  );
});

it('the gauge of the event loop delay shows how long the loop was blocked, starting with the first scrape', async () => {
  await getConnectorMetricsRegistry().metrics();
  const holdLoop = (): void => {
    const endsAt = performance.now() + 60;
    while (performance.now() < endsAt);
  };
  const maximum = async (): Promise<number> => Number(await gauge('mcp_event_loop_delay_seconds', { quantile: '1' }));
  await eventually('the delay has been sampled', async () => {
    holdLoop();
    // The event loop delay is sampled when timers run, between two turns of the event loop.
    await nextTurn();
    await nextTurn();
    return (await maximum()) > 0.03;
  });
});

it('the gauge of a connector stays as long as any manager of the process has the connector', async () => {
  const first = await manage([entry('shared')], { createProxy: () => here });
  const second = await manage([entry('shared')], { createProxy: () => here });
  await first.manager.sync();
  await second.manager.sync();
  await first[Symbol.asyncDispose]();
  expect(await gauge(UP, { connector: 'shared' })).toBe(1);
  await second[Symbol.asyncDispose]();
  expect(await getConnectorMetricsRegistry().metrics()).not.toContain(`${UP}{connector="shared"`);
});

it("a call that ends after its connector was removed does not bring the connector's label back to the metrics", async () => {
  const { promise, resolve } = Promise.withResolvers<object>();
  await using managed = await manage([entry('gone'), entry('stays')], {
    createProxy: () => ({ ...here, callTool: () => promise }),
  });
  await managed.manager.sync();
  expect(await getConnectorMetricsRegistry().metrics()).toContain('connector="gone"');
  const call = managed.manager.callTool('gone.x').catch(() => {});
  await managed.publish([entry('stays')]);
  resolve({});
  await call;
  expect(await getConnectorMetricsRegistry().metrics()).not.toContain('connector="gone"');
});
