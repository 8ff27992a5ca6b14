import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../../../src/main/gateway/status-page/model/event-log.ts';
import { scriptedManager, statusWith } from '../../../../helpers/scripted-status.ts';
import { NOW } from '../../../../helpers/signed-map.ts';

function logOf(kept = 100) {
  const { hub } = scriptedManager(statusWith([]));
  return { hub, log: new EventLog(hub, { now: () => NOW }, kept) };
}

describe('status page event log', () => {
  it('the event log of the status page records changes of connectors, maps, tools and pins, newest first', () => {
    const { hub, log } = logOf();
    hub.emit('snapshot', { sourceId: 'default', revision: 2, added: ['a', 'b'], changed: [], removed: ['c'] });
    hub.emit('connector', {
      connectorId: 'a',
      from: 'connecting',
      to: 'backing-off',
      why: 'ECONNREFUSED',
      at: NOW + 1,
    });
    hub.emit('tools', { connectorId: 'a', added: [], changed: ['a.x'], removed: [], how: {} });
    const pin = { pinnedSha256: '', sha256: '', pinnedAt: NOW, isQuarantined: true };
    hub.emit('tool-changed', { name: 'a.x', connectorId: 'a', members: ['description', 'title'], ...pin });
    hub.emit('snapshot', { sourceId: 'second', revision: 1, added: [], changed: [], removed: [] });
    expect(log.after(0).map(({ seq, subject, what, detail, state }) => [seq, subject, what, detail, state])).toEqual([
      [5, 'map second', 'revision 1', 'nothing changed', null],
      [4, 'a.x', 'differs from its pin', 'description, title; held back until approved', null],
      [3, 'a', 'tools', '1 changed', null],
      [2, 'a', 'connecting → backing off', 'ECONNREFUSED', 'backing-off'],
      [1, 'map default', 'revision 2', '2 added, 1 removed', null],
    ]);
    expect(log.after(3).map(({ seq }) => seq)).toEqual([5, 4]);
  });

  it('the event log of the status page keeps only the newest events', () => {
    const { hub, log } = logOf(3);
    for (let revision = 1; revision <= 10; revision += 1)
      hub.emit('snapshot', { sourceId: 'default', revision, added: [], changed: [], removed: [] });
    expect(log.after(0).map(({ seq }) => seq)).toEqual([10, 9, 8]);
    expect(log.seq).toBe(10);
  });

  it('the event log of the status page records nothing after it is closed', () => {
    const { hub, log } = logOf();
    log.close();
    hub.emit('snapshot', { sourceId: 'default', revision: 1, added: [], changed: [], removed: [] });
    expect(log.seq).toBe(0);
  });
});
