import { availableParallelism } from 'node:os';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import pLimit from 'p-limit';
import { ConnectorProxyManager } from '../../src/main/index.ts';
import type { StartWay } from './job.ts';

/** Returns a way to start servers with the plain SDK. `limitOf` returns how many servers may start at the same time. */
function sdkAtOnce(limitOf: (programs: number) => number): StartWay {
  return async ({ programs, capMs }, tell) => {
    const limit = pLimit(limitOf(programs.length));
    tell.ready();
    const start = async (name: string, command: string, args: readonly string[]): Promise<void> => {
      try {
        const client = new Client({ name: 'bench', version: '1.0.0' });
        const transport = new StdioClientTransport({ command, args: [...args], stderr: 'ignore' });
        await client.connect(transport, { timeout: capMs });
        await client.listTools({}, { timeout: capMs });
        tell.up(name);
      } catch {
        tell.failed(name);
      }
    };
    await Promise.all(programs.map(({ name, command, args }) => limit(start, name, command, args)));
  };
}

/** A way to start servers with a manager that has default options. */
const manager: StartWay = async ({ configFile }, tell) => {
  tell.ready();
  const created = new ConnectorProxyManager({ configFile });
  created.on('connector', ({ connectorId, to }) => {
    if (to === 'ready' || to === 'degraded') tell.up(connectorId);
    if (to === 'backing-off' || to === 'failed') tell.failed(connectorId);
  });
  await created.sync();
};

export const AT_ONCE = 'sdk, all at once';
export const ONE_BY_ONE = 'sdk, one by one';
export const CORES_PLUS_ONE = 'sdk, cores + 1 at a time';
export const MANAGER = 'manager';

export const OWN_WAYS: Readonly<Record<string, StartWay>> = {
  [AT_ONCE]: sdkAtOnce((programs) => programs),
  [ONE_BY_ONE]: sdkAtOnce(() => 1),
  [CORES_PLUS_ONE]: sdkAtOnce(() => availableParallelism() + 1),
  [MANAGER]: manager,
};
