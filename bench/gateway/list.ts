import type { Section } from '../../src/main/cli/bench/report-figures.ts';
import { latencyRows } from './calls.ts';
import type { ClientKind } from './clients.ts';
import type { Blocks } from './load-process.ts';
import { startRawConnectors } from './raw-connectors.ts';
import { runLoad, startWorld } from './world.ts';

const CONNECTORS = 10;
const TOOLS = 50;
const LOAD = { what: 'list', inFlight: 1, blocks: 10, perBlock: 20 } as const;

/**
 * Measures the time until a client has a list of 500 tools, through each gateway and directly. Without a gateway, one
 * connector has all of the tools.
 */
export async function measureLists(
  rounds: number,
  withPeers: boolean,
  tell: (section: Section) => void,
): Promise<void> {
  for (const client of ['sdk', 'raw'] satisfies ClientKind[]) {
    const measured: Blocks[] = [];
    for (let round = 0; round < rounds; round += 1) {
      using whole = await startRawConnectors({ count: 1, tools: CONNECTORS * TOOLS });
      const connectors = await startRawConnectors({ count: CONNECTORS, tools: TOOLS });
      using world = await startWorld({ connectors, withPeers, ...(whole.urls[0] && { directUrl: whole.urls[0] }) });
      measured.push(await runLoad(world, { client, ...LOAD }));
    }
    tell({
      title: `tools/list of ${CONNECTORS} × ${TOOLS} tools, ${client === 'sdk' ? "the SDK's client" : 'a minimal client'}`,
      rows: latencyRows(measured),
      notes: [
        'Until the client has read the response; the SDK also checks each tool',
        'Direct: one connector with the same number of tools',
      ],
    });
  }
}
