import { describe, expect, it } from 'vitest';
import { StateMachine, type Transition } from '../../../src/main/connectors/connector-state.ts';

describe('StateMachine', () => {
  it('the state machine of a connector reports every transition once, with its time and reason', () => {
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

  it('the state machine of a connector rejects transitions that are not in its table', () => {
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
