import { expect, it } from 'vitest';
import { FleetHop, type HopFleet } from '../../../../src/main/gateway/replicas/fleet-hop.ts';
import { FleetSealer } from '../../../../src/shared/fleet/fleet-sealer.ts';
import type { FleetHost } from '../../../../src/shared/fleet/fleet-settings.ts';
import { freePort } from '../../../helpers/fleet/free-port.ts';
import { recordingLogger } from '../../../helpers/log.ts';

/** Creates a fleet without other replicas. The function `join` adds a replica to the fleet's list of hosts. */
function lonelyFleet() {
  const hosts: FleetHost[] = [];
  const listeners = new Set<() => void>();
  const fleet = {
    ...{
      hostId: 'asked',
      sealer: new FleetSealer('test', ['a secret that is long enough for tests']),
      tls: null,
      hosts,
    },
    on: (_: string, listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  } as unknown as HopFleet;
  const join = (address: string): void => {
    hosts.push({ hostId: 'owner', role: 'any', address, version: '0', startedAt: 0, maps: [] });
    for (const listener of listeners) listener();
  };
  return { fleet, join, listeners };
}

it('a request to another replica waits until the list of fleet hosts contains the replica', async () => {
  const { fleet, join, listeners } = lonelyFleet();
  await using hop = new FleetHop(fleet, recordingLogger());
  const forwarded = hop.forward('retry', 'owner', {}, new AbortController().signal);
  // No server listens at this port. The attempt to connect shows that the replica was found in the list.
  join(`http://127.0.0.1:${await freePort()}`);
  await expect(forwarded).rejects.toMatchObject({ code: 'FLEET_HOP_REFUSED', cause: expect.any(Error) });
  expect(listeners.size).toBe(0);
});

it('a request to a replica that is not in the list of fleet hosts is not forwarded', async () => {
  const { fleet, listeners } = lonelyFleet();
  await using hop = new FleetHop(fleet, recordingLogger());
  const session = { id: 'session', principal: 'anonymous', route: 'all' };
  await expect(hop.answer(session as never, 'owner', {})).resolves.toBe(false);
  expect(listeners.size).toBe(0);
});
