import type { ConnectorStatus } from '../../connectors/connector-status.ts';
import type { ServiceMapStatus } from '../../service-map/service-map-status.ts';
import { type Failure, failureFrom } from '../terminal/output.ts';
import { renderTable } from '../terminal/render-table.ts';
import type { GatewayVisit } from './demo-gateway.ts';

/** A tool call that the demo made. */
export interface DemoCall {
  readonly tool: string;
  readonly ok: boolean;
  readonly durationMs: number;
  /** The answer of the tool or the error message, shortened. */
  readonly answer: string;
}

/**
 * How long the phases of a load took, in milliseconds. `connect` starts when the new map is in use, and ends when the
 * last connector is up.
 */
export interface DemoLoad {
  readonly thread: string;
  readonly bytes: number;
  readonly phases: Readonly<Record<'fetch' | 'parse' | 'verify' | 'validate' | 'diff' | 'connect', number>>;
}

/** What the demo has measured and received. */
export interface DemoReport {
  readonly serviceMap: ServiceMapStatus;
  readonly connectors: readonly ConnectorStatus[];
  readonly calls: readonly DemoCall[];
  /** What the clients of the gateway received. */
  readonly visits: readonly GatewayVisit[];
  readonly loads: readonly DemoLoad[];
}

const BAR_WIDTH = 32;

/**
 * Returns the first failure of the demo: a connector that is not up, a failed call, a client that received no tools, or
 * no load on a worker thread. Returns null if there is no failure.
 */
export function demoFailure({ connectors, calls, visits, loads }: DemoReport): Failure | null {
  const down = connectors.find(({ state }) => state !== 'ready');
  if (down !== undefined)
    return failureFrom(
      { code: 'CONNECTOR_UNAVAILABLE', message: `${down.id} is ${down.state}` },
      { connectorId: down.id },
    );
  const call = calls.find(({ ok }) => !ok);
  if (call !== undefined)
    return failureFrom({ code: 'TOOL_FAILED', message: `${call.tool} failed: ${call.answer}` }, { tool: call.tool });
  const blind = visits.find(({ tools, answer }) => tools === 0 || answer === '');
  if (blind !== undefined)
    return failureFrom({
      code: 'CHECK_FAILED',
      message: `A ${blind.era} client of the gateway got no tools or no answer`,
    });
  if (loads.some(({ thread }) => thread.startsWith('worker-'))) return null;
  return failureFrom({ code: 'CHECK_FAILED', message: 'No map was loaded on a worker thread' });
}

/** Returns the fields of the JSON document that `--json` prints. */
export function reportMembers(report: DemoReport) {
  return {
    serviceMap: report.serviceMap,
    connectors: report.connectors.map(({ id, state, toolCount, era, transport, handshakeMs }) => ({
      ...{ id, state, tools: toolCount, era, transport, handshakeMs },
    })),
    calls: report.calls.map(({ tool, ok, durationMs }) => ({ tool, ok, durationMs })),
    gateway: report.visits,
    loads: report.loads,
  };
}

/** Formats the report as text for a person. */
export function reportText(report: DemoReport): string {
  const connectors = renderTable(
    ['connector', 'era', 'transport', 'tools', 'handshake', 'state'],
    report.connectors.map((it) => [
      it.id,
      it.era ?? '-',
      it.transport ?? '-',
      String(it.toolCount),
      it.handshakeMs === null ? '-' : `${it.handshakeMs.toFixed(0)} ms`,
      it.state,
    ]),
  );
  const calls = renderTable(
    ['call', 'took', 'answer'],
    report.calls.map((it) => [it.tool, `${it.durationMs.toFixed(1)} ms`, it.answer]),
  );
  const visits = renderTable(
    ['client of the gateway', 'tools', 'listed after', 'toolbox__add 19 23'],
    report.visits.map((it) => [it.era, String(it.tools), `${it.listedMs.toFixed(1)} ms`, it.answer]),
  );
  const names = ['First load', 'Refresh'];
  const loads = report.loads.map((load, index) => loadText(names[index] ?? 'Load', load));
  return [connectors, calls, visits, ...loads].join('\n');
}

function loadText(name: string, load: DemoLoad): string {
  const longest = Math.max(...Object.values(load.phases), 1);
  const where = load.thread === 'main' ? 'on the main thread, because it is small' : `on thread ${load.thread}`;
  const bars = Object.entries(load.phases).map(([phase, ms]) => {
    const bar = '█'.repeat(Math.round((ms / longest) * BAR_WIDTH)) || '▏';
    return `  ${phase.padEnd(8)} ${bar.padEnd(BAR_WIDTH)} ${ms.toFixed(1)} ms`;
  });
  return `${name}: ${load.bytes} bytes, loaded ${where}; connecting runs on the main thread\n${bars.join('\n')}\n`;
}
