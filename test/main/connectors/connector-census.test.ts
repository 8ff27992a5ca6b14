import { describe, expect, it } from 'vitest';
import { ConnectorCensus } from '../../../src/main/connectors/connector-census.ts';
import type { ConnectorState } from '../../../src/main/connectors/connector-state.ts';

function censusOf(states: Readonly<Record<string, ConnectorState>>): ConnectorCensus {
  const census = new ConnectorCensus();
  for (const [id, to] of Object.entries(states)) {
    census.add();
    census.note(id, { from: 'disabled', to: 'connecting', why: 'enabled', at: 1 });
    census.note(id, { from: 'connecting', to, why: 'why', at: 2 });
  }
  return census;
}

describe('ConnectorCensus', () => {
  it('ConnectorCensus counts connectors by state', () => {
    const census = censusOf({ a: 'ready', b: 'needs-login', c: 'needs-login', d: 'closing' });
    expect([...census.counts(0)]).toEqual([
      ['ready', 1],
      ['needs-login', 2],
    ]);
    expect(census.counts(3).get('connecting')).toBe(3);
  });

  it('`wanted()` of ConnectorCensus includes a connector that needs a login, and `down()` does not', () => {
    const census = censusOf({ a: 'failed', b: 'needs-login', c: 'backing-off', d: 'ready' });
    expect([census.down(), census.wanted()]).toEqual([
      ['a', 'c'],
      ['a', 'b', 'c', 'd'],
    ]);
  });
});
