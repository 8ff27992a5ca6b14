import { systemClock } from '../../../../shared/clock.ts';
import { publicToolId } from '../../../tools/tool-info.ts';
import { withStore } from '../state/open-store.ts';
import { withFleetPins } from './fleet-pins.ts';
import type { PinnedTools, PinOptions } from './pinned-tools.ts';

/**
 * Runs `work` with the pins of a fleet or, without `--fleet`, with the pins of the store in the state folder. `names`
 * are the names of the requested tools; an empty list means all tools. Rejects with OPTIONS_INVALID if there is no
 * store.
 */
export function withPins<T>(
  options: PinOptions,
  names: readonly string[],
  work: (tools: PinnedTools) => Promise<T>,
): Promise<T> {
  if (options.fleet !== undefined) return withFleetPins(options, names, work);
  return withStore(options, async (writer) => {
    const { value: changes } = await writer.ask((api) => api.changedTools(null, null));
    return await work({
      changes: (changes ?? []).map((change) => ({ ...change, name: publicToolId(change.connectorId, change.tool) })),
      async approve(chosen) {
        const { value } = await writer.ask((api) => api.approveTools(null, null, chosen, systemClock.now()));
        return chosen.filter(({ sha256 }) => value?.some((tool) => tool.sha256 === sha256));
      },
    });
  });
}
