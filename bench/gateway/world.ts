import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Fixture } from '../support/fixture.ts';
import { startServing } from '../support/serving-process.ts';
import { type RunningGateway, startMcpHub, startSwitchyard } from './gateways.ts';
import type { Blocks, LoadJob } from './load-process.ts';
import type { Target } from './target.ts';

const PLAIN_PROXY = fileURLToPath(new URL('./plain-proxy-process.ts', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./load-process.ts', import.meta.url));

/** Running connectors, and the gateways in front of them. */
export interface World extends Disposable {
  readonly connectors: Fixture;
  /**
   * All targets for a client: the first connector itself, and each gateway. All of them have the tools of the first
   * connector.
   */
  readonly targets: readonly Target[];
  readonly switchyard: RunningGateway;
}

export interface WorldOptions {
  readonly connectors: Fixture;
  readonly withPeers: boolean;
  /** URL for clients without a gateway. Defaults to the URL of the first connector. */
  readonly directUrl?: string;
}

/** Starts the gateways in front of `connectors`. Disposing of the result ends the gateways and the connectors. */
export async function startWorld({ connectors, withPeers, directUrl }: WorldOptions): Promise<World> {
  using stack = new DisposableStack();
  stack.use(connectors);
  const switchyard = stack.use(await startSwitchyard(connectors.urls));
  const url = directUrl ?? connectors.urls[0] ?? '';
  const direct = { url, tool: 'tool_0', pid: null };
  const proxy = stack.use(await startServing<number>(PLAIN_PROXY, [url]));
  const targets = [
    { way: 'direct, legacy', ...direct, speaks: 'legacy' },
    { way: 'direct, modern', ...direct, speaks: 'modern' },
    {
      ...{ way: 'plain proxy, modern', url: `http://127.0.0.1:${proxy.printed}/mcp`, tool: 'tool_0' },
      ...{ pid: proxy.pid, speaks: 'modern' },
    },
    ...switchyardTargets(switchyard),
    ...(withPeers ? [mcpHubTarget(stack.use(await startMcpHub(connectors.urls)))] : []),
  ] satisfies Target[];
  const owned = stack.move();
  return { connectors, targets, switchyard, [Symbol.dispose]: () => owned.dispose() };
}

/** Returns a mcp-switchyard gateway as two targets, one for each protocol generation. */
export function switchyardTargets({ url, pid }: RunningGateway): readonly [legacy: Target, modern: Target] {
  const ours = { url: `${url}/mcp`, tool: 'c0__tool_0', pid };
  return [
    { way: 'switchyard, legacy', ...ours, speaks: 'legacy' },
    { way: 'switchyard, modern', ...ours, speaks: 'modern' },
  ];
}

export function mcpHubTarget({ url, pid }: RunningGateway): Target {
  return { way: 'mcp-hub', url: `${url}/mcp`, speaks: 'sse', tool: 'c0__tool_0', pid };
}

/** Returns the name of the target that `way` is compared with: direct calls in the same protocol generation. */
export function directOf(way: string): string {
  return way.endsWith('modern') ? 'direct, modern' : 'direct, legacy';
}

/** Starts a separate process with a client, which uses all targets of a world in turns. */
export function runLoad(
  { connectors, targets }: Pick<World, 'connectors' | 'targets'>,
  job: Omit<LoadJob, 'targets' | 'connectorsPid'>,
): Promise<Blocks> {
  return inFreshProcess(SCRIPT, [JSON.stringify({ ...job, targets, connectorsPid: connectors.pid } satisfies LoadJob)]);
}
