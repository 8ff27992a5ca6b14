import { parentPort } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { portEndpoint } from '../shared/comlink-endpoint.ts';
import { SwitchyardError, toWireError } from '../shared/errors.ts';
import { PROTOCOL_VERSION, type WriterApi, type WriterReply } from '../shared/protocol.ts';
import { RegistryStore } from './registry-store.ts';

let store: RegistryStore | null = null;

function reply<T>(work: () => T): WriterReply<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error: toWireError(error) };
  }
}

function done(work: () => void): WriterReply<null> {
  return reply(() => {
    work();
    return null;
  });
}

function opened(): RegistryStore {
  if (store === null) throw new SwitchyardError('STORE_UNAVAILABLE', 'The store is not open.');
  return store;
}

const api: WriterApi = {
  open: (version, stateDir) =>
    reply(() => {
      if (version !== PROTOCOL_VERSION) {
        throw new SwitchyardError(
          'PROTOCOL_MISMATCH',
          `The writer speaks protocol ${PROTOCOL_VERSION}, main ${version}.`,
        );
      }
      store ??= new RegistryStore(stateDir);
      return store.path;
    }),
  readSource: (sourceId) => reply(() => opened().readSource(sourceId)),
  saveMap: (map) => done(() => opened().saveMap(map)),
  applyServers: (changes) => done(() => opened().applyServers(changes)),
  syncServers: (path, revision, mode) => reply(() => opened().syncServers(path, revision, mode)),
  saveTools: (scope, connectors, isPinned) =>
    reply(() => opened().withTools((tools) => tools.save(scope, connectors, isPinned))),
  touchTools: (scope, connectorIds, listedAtMs) =>
    reply(() => opened().withTools((tools) => tools.touch(scope, connectorIds, listedAtMs))),
  forgetTools: (scope, connectorIds) => done(() => opened().withTools((tools) => tools.forget(scope, connectorIds))),
  readTools: (scope, afterId) => reply(() => opened().withTools((tools) => tools.page(scope, afterId))),
  changedTools: (scope) => reply(() => opened().withTools((tools) => tools.changes(scope))),
  approveTools: (scope, chosen, nowMs) =>
    reply(() => opened().withTools((tools) => tools.approve(scope, chosen, nowMs))),
  writeStartImage: (scope, sourceIds) => done(() => opened().writeStartImage(scope, sourceIds)),
  close: () =>
    done(() => {
      store?.close();
      store = null;
    }),
};

if (parentPort !== null) Comlink.expose(api, portEndpoint(parentPort));
