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
  saveMap: (map) =>
    reply(() => {
      opened().saveMap(map);
      return null;
    }),
  applyServers: (changes) =>
    reply(() => {
      opened().applyServers(changes);
      return null;
    }),
  syncServers: (path, revision, mode) => reply(() => opened().syncServers(path, revision, mode)),
  close: () =>
    reply(() => {
      store?.close();
      store = null;
      return null;
    }),
};

if (parentPort !== null) Comlink.expose(api, portEndpoint(parentPort));
