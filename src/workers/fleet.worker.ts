import { parentPort } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { portEndpoint } from '../shared/protocol/comlink-endpoint.ts';
import { type FleetEventMessage, isFleetJoinMessage } from '../shared/protocol/fleet/fleet-messages.ts';
import { createSession } from './fleet/create-session.ts';

// All managers of a process share this thread. Each manager counts as a separate host and uses its own port.
parentPort?.on('message', (message: unknown) => {
  if (!isFleetJoinMessage(message)) return;
  const { port } = message;
  const api = createSession((event) => {
    port.postMessage({ kind: 'fleet-event', event } satisfies FleetEventMessage);
  });
  Comlink.expose(api, portEndpoint(port));
  // A manager that disconnects without leaving the fleet must not stay in the fleet's list of hosts.
  port.once('close', () => void api.close());
});
