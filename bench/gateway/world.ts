import { fileURLToPath } from 'node:url';
import { inFreshProcess } from '../../src/main/cli/bench/fresh-process.ts';
import type { Fixture } from '../support/fixture.ts';
import { startServing } from '../support/serving-process.ts';
import { type RunningGateway, startMcpHub, startSwitchyard } from './gateways.ts';
import type { Blocks, LoadJob } from './load-process.ts';
import type { Target } from './target.ts';

const PLAIN_PROXY = fileURLToPath(new URL('./plain-proxy-process.ts', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./load-process.ts', import.meta.url));

/** Connectors, with each gateway in front of them. */
export interface World extends Disposable {
  readonly connectors: Fixture;
  /** Ways to the tool of the first connector: directly, and through each gateway. */
  readonly targets: readonly Target[];
  readonly switchyard: RunningGateway;
}

export interface WorldOptions {
  readonly connectors: Fixture;
  readonly withPeers: boolean;
  /** URL for direct clients. Defaults to the first connector. */
  readonly directUrl?: string;
}

/** Starts the gateways in front of `connectors`, which end with them. */
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

/** Returns the endpoint of a switchyard, for clients of both protocol generations. */
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

/** Returns the baseline of a way: the direct one of its protocol generation. */
export function directOf(way: string): string {
  return way.endsWith('modern') ? 'direct, modern' : 'direct, legacy';
}

/** Makes a client take turns at the targets of a world, in its own process. */
export function runLoad(
  { connectors, targets }: Pick<World, 'connectors' | 'targets'>,
  job: Omit<LoadJob, 'targets' | 'connectorsPid'>,
): Promise<Blocks> {
  return inFreshProcess(SCRIPT, [JSON.stringify({ ...job, targets, connectorsPid: connectors.pid } satisfies LoadJob)]);
}
