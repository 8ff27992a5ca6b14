import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { STORE_FILE } from '../../../../shared/servers/store-notes.ts';
import { WriterClient } from '../../../writer/writer-client.ts';
import { misuse } from '../../flags/option-values.ts';
import { stateDirOf } from '../../state-folder.ts';

/** Options of a command that uses the state folder and no source. */
export interface StoreOptions {
  readonly stateDir?: string;
  /** Whether to use a state folder: false with `--no-state`. */
  readonly state?: boolean;
  readonly json: boolean;
}

/** Opens the store in the state folder and runs `work` with it. Rejects with OPTIONS_INVALID if there is no store. */
export async function withStore<T>(options: StoreOptions, work: (writer: WriterClient) => Promise<T>): Promise<T> {
  const stateDir = stateDirOf(options);
  if (stateDir === undefined) throw misuse('This command needs the state folder: leave out --no-state');
  if (!existsSync(join(stateDir, STORE_FILE)))
    throw misuse(`There is no store in ${stateDir}: give the host's state folder with --state-dir`);
  const writer = new WriterClient(stateDir);
  try {
    return await work(writer);
  } finally {
    await writer.close();
  }
}
