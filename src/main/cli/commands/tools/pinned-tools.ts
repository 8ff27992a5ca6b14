import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { STORE_FILE } from '../../../../shared/servers/store-notes.ts';
import type { ToolPinDetail } from '../../../../shared/tools/tool-records.ts';
import { publicToolId } from '../../../tools/tool-info.ts';
import { WriterClient } from '../../../writer/writer-client.ts';
import { stateDirOf } from '../../state-folder.ts';

/** What `tools diff` and `tools approve` are given. */
export interface PinOptions {
  readonly stateDir?: string;
  /** False with `--no-state`. */
  readonly state?: boolean;
  readonly json: boolean;
}

/** A changed tool under the name that `tools` lists it by. */
export interface NamedChange extends ToolPinDetail {
  readonly name: string;
}

/** Runs `work` with the store in the state folder, which must exist, and with the tools that differ from their pins. */
export async function withPins<T>(
  options: PinOptions,
  work: (changes: readonly NamedChange[], writer: WriterClient) => Promise<T>,
): Promise<T> {
  const stateDir = stateDirOf(options);
  if (stateDir === undefined)
    throw new SwitchyardError('OPTIONS_INVALID', 'This command works from the state folder: leave out --no-state');
  if (!existsSync(join(stateDir, STORE_FILE))) {
    const message = `There is no store in ${stateDir}: name the host's stateDir with --state-dir`;
    throw new SwitchyardError('OPTIONS_INVALID', message);
  }
  const writer = new WriterClient(stateDir);
  try {
    const { value: changes } = await writer.ask((api) => api.changedTools(null, null));
    const named = (changes ?? []).map((change) => ({ ...change, name: publicToolId(change.connectorId, change.tool) }));
    return await work(named, writer);
  } finally {
    await writer.close();
  }
}

/** Of these, the ones with these names, or all if none is given. Throws TOOL_UNKNOWN where a name is not among them. */
export function chosenOf(changes: readonly NamedChange[], names: readonly string[]): readonly NamedChange[] {
  const unknown = names.find((name) => !changes.some((change) => change.name === name));
  if (unknown !== undefined)
    throw new SwitchyardError('TOOL_UNKNOWN', `No tool "${unknown}" differs from how it was first seen.`);
  return names.length === 0 ? changes : changes.filter(({ name }) => names.includes(name));
}
