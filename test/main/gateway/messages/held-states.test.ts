import { describe, expect, it } from 'vitest';
import { createHeldStates, isHeldState, LONE_STATES } from '../../../../src/main/gateway/messages/held-states.ts';
import { FleetSealer } from '../../../../src/shared/fleet/fleet-sealer.ts';

const SECRET = 'a secret of a fleet that is long enough';
const one = createHeldStates('one', new FleetSealer('f', [SECRET]));
const two = createHeldStates('two', new FleetSealer('f', [SECRET]));

describe('state of a held call', () => {
  it('the state of a held call tells other replicas which replica holds the call', () => {
    const state = one.create();
    expect(isHeldState(state)).toBe(true);
    expect([two.ownerOf(state), one.ownerOf(state)]).toEqual(['one', null]);
    expect(state).not.toContain(Buffer.from('one').toString('base64url'));
  });

  it('the state of a held call names no replica if it was modified or was not created in this fleet', () => {
    const state = one.create();
    const foreign = createHeldStates('x', new FleetSealer('g', [SECRET])).create();
    const changed = state.slice(0, -2) + (state.endsWith('AA') ? 'BB' : 'AA');
    for (const wrong of [foreign, changed, 'switchyard:', 'switchyard:AAAA', 'other', 7, null, LONE_STATES.create()])
      expect(two.ownerOf(wrong)).toBe(null);
    expect(two.ownerOf(`switchyard:${'A'.repeat(1_000_000)}`)).toBe(null);
  });

  it('each held call gets a different state', () => {
    expect(one.create()).not.toBe(one.create());
    expect(LONE_STATES.create()).not.toBe(LONE_STATES.create());
  });
});
