import { SwitchyardError } from '../../../../shared/errors.ts';
import type { ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import { publicToolId } from '../../../tools/tool-info.ts';
import type { WriterClient } from '../../../writer/writer-client.ts';
import { type StoreOptions, withStore } from '../state/open-store.ts';

/** What `tools diff` and `tools approve` are given. */
export type PinOptions = StoreOptions;

/** A changed tool under the name that `tools` lists it by. */
export interface NamedChange extends ToolPinDetail {
  readonly name: string;
}

/** Runs `work` with the store in the state folder, which must exist, and with the tools that differ from their pins. */
export async function withPins<T>(
  options: PinOptions,
  work: (changes: readonly NamedChange[], writer: WriterClient) => Promise<T>,
): Promise<T> {
  return await withStore(options, async (writer) => {
    const { value: changes } = await writer.ask((api) => api.changedTools(null, null));
    const named = (changes ?? []).map((change) => ({ ...change, name: publicToolId(change.connectorId, change.tool) }));
    return await work(named, writer);
  });
}

/** Of these, the ones with these names, or all if none is given. Throws TOOL_UNKNOWN where a name is not among them. */
export function chosenOf(changes: readonly NamedChange[], names: readonly string[]): readonly NamedChange[] {
  const unknown = names.find((name) => !changes.some((change) => change.name === name));
  if (unknown !== undefined)
    throw new SwitchyardError('TOOL_UNKNOWN', `No tool "${unknown}" differs from how it was first seen.`);
  return names.length === 0 ? changes : changes.filter(({ name }) => names.includes(name));
}
