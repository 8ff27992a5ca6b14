import { describe, expect, it } from 'vitest';
import { StateMachine, type Transition } from '../../../src/main/connectors/connector-state.ts';

describe('StateMachine', () => {
  it('a connector reports each change of its state exactly once, with the time and the reason', () => {
    const told: Transition[] = [];
    const machine = new StateMachine(
      () => 42,
      'not started',
      (it) => void told.push(it),
    );
    machine.to('connecting', 'enabled');
    machine.to('ready', '3 tools');
    expect(told).toEqual([
      { from: 'disabled', to: 'connecting', why: 'enabled', at: 42 },
      { from: 'connecting', to: 'ready', why: '3 tools', at: 42 },
    ]);
    expect([machine.state, machine.isUp, machine.last.why]).toEqual(['ready', true, '3 tools']);
  });

  it('a connector cannot change from `disabled` to `ready`, or leave the state `closing`', () => {
    const machine = new StateMachine(
      () => 0,
      'not started',
      () => {},
    );
    expect(() => machine.to('ready', 'no')).toThrow('from disabled to ready');
    machine.to('closing', 'over');
    expect(() => machine.to('connecting', 'no')).toThrow('from closing to connecting');
  });
});
