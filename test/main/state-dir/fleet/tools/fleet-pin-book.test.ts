import { describe, expect, it } from 'vitest';
import { FleetPinBook, mergedChanges } from '../../../../../src/main/state-dir/fleet/tools/fleet-pin-book.ts';
import { recordOf, tool } from '../../../../helpers/fleet/tool-memory-under-test.ts';

const pin = (version: number, description: string) => ({
  ...{ connectorId: 'mail', tool: 'send', version, pinnedAtMs: 1 },
  definition: tool('send', description),
});
const record = recordOf('mail', tool('send', 'sends'));

describe('FleetPinBook', () => {
  it('FleetPinBook compares a list of tools with the definitions that the fleet saw first', () => {
    const book = new FleetPinBook();
    expect(book.learn([pin(0, 'posts')])).toEqual({ approved: [], isBehind: false });
    expect(book.changesOf(record)).toMatchObject([{ tool: 'send', members: ['description'] }]);
    book.forget('mail');
    expect(book.changesOf(record)).toEqual([]);
  });

  it('FleetPinBook returns the approvals that this host has not applied, and forgets older approvals', () => {
    const book = new FleetPinBook();
    book.learn([pin(0, 'posts')]);
    expect(book.learn([pin(1, 'sends')]).approved).toEqual([pin(1, 'sends')]);
    book.taken('mail', 'send', 1);
    expect(book.changesOf(record)).toEqual([]);
    expect(book.versionOf('mail', 'send')).toBe(1);
  });

  it('FleetPinBook ignores an approval that is older than the newest applied approval', () => {
    const book = new FleetPinBook();
    book.taken('mail', 'send', 2);
    expect(book.learn([pin(1, 'posts')])).toEqual({ approved: [], isBehind: true });
    expect(book.changesOf(record)).toEqual([]);
    book.taken('mail', 'send', 1);
    expect(book.versionOf('mail', 'send')).toBe(2);
  });

  it('FleetPinBook skips pins with a definition that no connector could list', () => {
    const book = new FleetPinBook();
    expect(book.learn([{ ...pin(1, 'x'), definition: { name: 'other' } }]).approved).toEqual([]);
  });

  it('mergedChanges() names each changed tool once, and prefers the change that the host itself found', () => {
    const own = [{ connectorId: 'mail', tool: 'send', from: 'own' }];
    const fleet = [
      { connectorId: 'mail', tool: 'send', from: 'fleet' },
      { connectorId: 'mail', tool: 'read', from: 'fleet' },
    ];
    expect(mergedChanges(own, fleet).map(({ tool: name, from }) => [name, from])).toEqual([
      ['send', 'own'],
      ['read', 'fleet'],
    ]);
  });
});
