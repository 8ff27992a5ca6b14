import { parentPort } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { SwitchyardError, toWireError } from '../shared/errors.ts';
import { portEndpoint } from '../shared/protocol/comlink-endpoint.ts';
import type { LoginsChangedMessage, LoginWriterApi } from '../shared/protocol/login-messages.ts';
import { PROTOCOL_VERSION } from '../shared/protocol/thread-messages.ts';
import type { WriterApi } from '../shared/protocol/writer-messages.ts';
import type { WriterReply } from '../shared/protocol/writer-reply.ts';
import type { StoreNote, StoreNoteMessage } from '../shared/servers/store-notes.ts';
import type { InStore } from '../shared/tools/tool-records.ts';
import type { LoginKeeper } from './logins/login-keeper.ts';
import { endLeftPrograms, ProgramNotes } from './programs/program-notes.ts';
import { raiseEpoch, writeFirstAnswers } from './store/first-answers-file.ts';
import type { SqliteStore } from './store/sqlite-store.ts';
import { StoreKeeper } from './store/store-keeper.ts';
import type { SourceTable } from './tables/source-table.ts';
import type { ToolTable } from './tables/tool-table.ts';

let keeper: StoreKeeper | null = null;
let programs: ProgramNotes | null = null;
/** The folder of the store and the logins; null while no store is open. */
let folder: string | null = null;
let logins: Promise<LoginKeeper> | null = null;

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

/** Changes which tools are approved. This invalidates all first answers (prepared responses for a fast start). */
function withNewPins<T>(storeId: string | null, work: (table: ToolTable) => T): WriterReply<InStore<T>> {
  return reply(() => {
    const stateDir = openedFolder();
    // The epoch is raised before the change, in case this process ends during the change. It is raised again after the
    // change, because another process may have stored first answers during the change.
    raiseEpoch(stateDir);
    const answer = opened().withTools(storeId, work);
    raiseEpoch(stateDir);
    return answer;
  });
}

function openedFolder(): string {
  if (folder === null) throw new SwitchyardError('STORE_UNAVAILABLE', 'The store is not open.');
  return folder;
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

/**
 * Imports the login keeper when it is first needed, because most hosts have no logins, and this thread must start
 * quickly.
 */
async function loadLogins(stateDir: string): Promise<LoginKeeper> {
  const { LoginKeeper: Keeper } = await import('./logins/login-keeper.ts');
  return new Keeper({ stateDir, tell });
}

async function withLogins<T>(work: (keeper: LoginKeeper) => Promise<T>): Promise<WriterReply<T>> {
  try {
    if (folder === null) throw new SwitchyardError('STORE_UNAVAILABLE', 'The store is not open.');
    logins ??= loadLogins(folder);
    return { ok: true, value: await work(await logins) };
  } catch (error) {
    return { ok: false, error: toWireError(error, 'STORE_UNAVAILABLE') };
  }
}

const tellChange = (): void => {
  parentPort?.postMessage({ kind: 'logins-changed' } satisfies LoginsChangedMessage);
};

const loginApi: LoginWriterApi = {
  readLogins: () => withLogins((keeper) => keeper.readAll()),
  saveLoginBinding: (binding) => withLogins((keeper) => keeper.saveBinding(binding)),
  saveLoginClient: (client) => withLogins((keeper) => keeper.saveClient(client)),
  removeLoginClient: (issuer) => withLogins((keeper) => keeper.removeClient(issuer)),
  saveLogin: (key, tokens) => withLogins((keeper) => keeper.saveLogin(key, tokens)),
  removeLogin: (loginId) => withLogins((keeper) => keeper.removeLogin(loginId)),
  beginLoginRefresh: (loginId, generation) => withLogins((keeper) => keeper.beginRefresh(loginId, generation)),
  endLoginRefresh: (loginId, leaseId, outcome) => withLogins((keeper) => keeper.endRefresh(loginId, leaseId, outcome)),
  readLoginRows: (names) => withLogins((keeper) => keeper.rows.read(names)),
  adoptLoginRows: (rows) => withLogins((keeper) => keeper.rows.adopt(rows)),
  watchLogins: (isWatched) => withLogins((keeper) => keeper.watch(isWatched ? tellChange : null)),
};

const api: WriterApi = {
  ...loginApi,
  open: (version, stateDir) =>
    reply(() => {
      if (version !== PROTOCOL_VERSION) {
        throw new SwitchyardError(
          'PROTOCOL_MISMATCH',
          `The writer thread uses protocol ${PROTOCOL_VERSION}, but the main thread uses ${version}.`,
        );
      }
      folder = stateDir;
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
  approveTools: (storeId, scope, chosen, nowMs) => withNewPins(storeId, (table) => table.approve(scope, chosen, nowMs)),
  readPins: (storeId, scope, afterId, which) => withTools(storeId, (table) => table.pins(scope, afterId, which)),
  repinTools: (storeId, scope, pins) => withNewPins(storeId, (table) => table.repin(scope, pins)),
  writeStartImage: (scope, storeKeys) => done(() => opened().writeStartImage(scope, storeKeys)),
  writeFirstAnswers: (name, bytes) => done(() => writeFirstAnswers(openedFolder(), name, bytes)),
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
  close: async () => {
    const closing = logins?.then((loginKeeper) => loginKeeper.close());
    logins = null;
    folder = null;
    const closed = done(() => {
      keeper?.close();
      keeper = null;
    });
    await closing;
    return closed;
  },
};

if (parentPort !== null) Comlink.expose(api, portEndpoint(parentPort));
