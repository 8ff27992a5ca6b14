import { parentPort } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { SwitchyardError, toWireError } from '../shared/errors.ts';
import { portEndpoint } from '../shared/protocol/comlink-endpoint.ts';
import { PROTOCOL_VERSION } from '../shared/protocol/thread-messages.ts';
import type { WriterApi, WriterReply } from '../shared/protocol/writer-messages.ts';
import type { StoreNote, StoreNoteMessage } from '../shared/servers/store-notes.ts';
import type { InStore } from '../shared/tools/tool-records.ts';
import { endLeftPrograms, ProgramNotes } from './programs/program-notes.ts';
import type { SqliteStore } from './store/sqlite-store.ts';
import { StoreKeeper } from './store/store-keeper.ts';
import type { SourceTable } from './tables/source-table.ts';
import type { ToolTable } from './tables/tool-table.ts';

let keeper: StoreKeeper | null = null;
let programs: ProgramNotes | null = null;

function reply<T>(work: () => T): WriterReply<T> {
  try {
    return { ok: true, value: keeper === null ? work() : keeper.attempt(work) };
  } catch (error) {
    return { ok: false, error: toWireError(error, 'STORE_UNAVAILABLE') };
  }
}

function done(work: () => void): WriterReply<null> {
  return reply(() => {
    work();
    return null;
  });
}

function withTools<T>(storeId: string | null, work: (table: ToolTable) => T): WriterReply<InStore<T>> {
  return reply(() => opened().withTools(storeId, work));
}

function withSources<T>(work: (table: SourceTable) => T): WriterReply<T> {
  return reply(() => opened().withSources(work));
}

function opened(): SqliteStore {
  if (keeper === null) throw new SwitchyardError('STORE_UNAVAILABLE', 'The store is not open.');
  return keeper.store();
}

const tell = (note: StoreNote): void => {
  parentPort?.postMessage({ kind: 'store-note', note } satisfies StoreNoteMessage);
};

const api: WriterApi = {
  open: (version, stateDir) =>
    reply(() => {
      if (version !== PROTOCOL_VERSION) {
        throw new SwitchyardError(
          'PROTOCOL_MISMATCH',
          `The writer speaks protocol ${PROTOCOL_VERSION}, main ${version}.`,
        );
      }
      keeper ??= new StoreKeeper(stateDir, tell);
      if (programs === null) {
        programs = new ProgramNotes(stateDir);
        void endLeftPrograms(stateDir).then((pids) => {
          if (pids.length > 0) tell({ kind: 'programs-ended', pids });
        });
      }
      return keeper.store().path;
    }),
  notePrograms: (pids) => done(() => programs?.write(pids)),
  hasMap: (storeKey, generatedAtMs) => withSources((sources) => sources.has(storeKey, generatedAtMs)),
  readSource: (storeKey, oldKeys) => withSources((sources) => sources.read(storeKey, oldKeys)),
  readSources: () => withSources((sources) => sources.list()),
  saveMap: (map, notes) => done(() => opened().saveMap(map, notes)),
  noteSource: (storeKey, notes) => done(() => opened().withSources((sources) => sources.note(storeKey, notes))),
  saveKeys: (...keys) => done(() => opened().withSources((sources) => sources.saveKeys(...keys))),
  resetFloor: (storeKey, latestMs) => withSources((sources) => sources.resetFloor(storeKey, latestMs)),
  applyServers: (changes) => done(() => opened().applyServers(changes)),
  mergeServers: (servers, mode) => reply(() => opened().mergeServers(servers, mode)),
  syncServers: (path, known, mode) => reply(() => opened().syncServers(path, known, mode)),
  saveTools: (storeId, scope, tools) => withTools(storeId, (table) => table.save(scope, tools)),
  touchTools: (storeId, scope, connectorIds, listedAtMs) =>
    withTools(storeId, (table) => table.touch(scope, connectorIds, listedAtMs)),
  forgetTools: (storeId, scope, connectorIds) => withTools(storeId, (table) => table.forget(scope, connectorIds)),
  readTools: (storeId, scope, afterId) => withTools(storeId, (table) => table.page(scope, afterId)),
  changedTools: (storeId, scope) => withTools(storeId, (table) => table.changes(scope)),
  approveTools: (storeId, scope, chosen, nowMs) => withTools(storeId, (table) => table.approve(scope, chosen, nowMs)),
  writeStartImage: (scope, storeKeys) => done(() => opened().writeStartImage(scope, storeKeys)),
  finish: (changes, path, known, flag) => {
    const finished = reply(() => {
      opened().applyServers(changes);
      opened().syncServers(path, known, 'write');
      return null;
    });
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
    return finished;
  },
  close: () =>
    done(() => {
      keeper?.close();
      keeper = null;
    }),
};

if (parentPort !== null) Comlink.expose(api, portEndpoint(parentPort));
