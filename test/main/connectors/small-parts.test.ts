import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../src/main/connectors/backoff.ts';
import { connectorHeaders } from '../../../src/main/connectors/bring-up/auth-headers.ts';
import { ConnectGate } from '../../../src/main/connectors/bring-up/connect-gate.ts';
import { StateMachine, type Transition } from '../../../src/main/connectors/connector-state.ts';
import { publicToolName, toolTags } from '../../../src/main/tools/tool-names.ts';
import { type ConnectorEntry, normalizeEntry, type RawEntry } from '../../../src/shared/map/service-map.ts';
import { entry, type Json } from '../../helpers/signed-map.ts';

const normalized = (overrides: Json = {}): ConnectorEntry => normalizeEntry(entry('one', overrides) as RawEntry, 300);

describe('connectorHeaders', () => {
  it.each<[string, Json | undefined, Json]>([
    ['nothing without auth', undefined, {}],
    ['nothing for none', { type: 'none' }, {}],
    ['a bearer token', { type: 'bearer' }, { Authorization: 'Bearer K' }],
    ['the raw key in its header', { type: 'apiKey', headerName: 'x-api-key' }, { 'x-api-key': 'K' }],
    ['a bearer token for a key without a header', { type: 'apiKey' }, { Authorization: 'Bearer K' }],
    [
      'a bearer token for a key in Authorization',
      { type: 'apiKey', headerName: 'authorization' },
      { Authorization: 'Bearer K' },
    ],
  ])('sends %s', (_, auth, expected) => {
    expect(connectorHeaders(normalized({ auth }), 'K')).toEqual(expected);
  });

  it("keeps the entry's own headers, but for the one that holds the key", () => {
    const own = normalized({ auth: { type: 'bearer' }, headers: { authorization: 'old', 'x-tenant': 't' } });
    expect(connectorHeaders(own, 'K')).toEqual({ 'x-tenant': 't', Authorization: 'Bearer K' });
  });

  it('fails where a key is asked for and there is none', () => {
    expect(() => connectorHeaders(normalized({ auth: { type: 'bearer' } }), null)).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_AUTH_MISSING' }),
    );
  });
});

describe('backoffMs', () => {
  it('grows to 60 s and spreads over the whole range', () => {
    expect([1, 2, 3, 8, 50].map((failures) => backoffMs(failures, { next: () => 1 }))).toEqual([
      500, 1_000, 2_000, 60_000, 60_000,
    ]);
    expect(backoffMs(8, { next: () => 0 })).toBe(0);
    expect(backoffMs(2, { next: () => 0.5 })).toBe(500);
  });
});

describe('StateMachine', () => {
  it('tells every transition once, with when and why', () => {
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

  it('refuses transitions that are not in its table', () => {
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

describe('ConnectGate', () => {
  /** Work that counts how much of it runs at once. */
  function counted(): { work: () => Promise<void>; most: () => number; release: () => void } {
    let running = 0;
    let most = 0;
    const gate = Promise.withResolvers<void>();
    const work = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await gate.promise;
      running -= 1;
    };
    return { work, most: () => most, release: () => gate.resolve() };
  }

  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  it('lets so many of one origin through and so many in all', async () => {
    const gate = new ConnectGate({ maxConnects: 3, maxConnectsPerOrigin: 2 });
    const one = counted();
    const other = counted();
    const all = [1, 2, 3, 4].map(() => gate.run('http://one', one.work));
    all.push(...[1, 2].map(() => gate.run('http://other', other.work)));
    await turns(10);
    expect([one.most(), other.most()]).toEqual([2, 1]);
    one.release();
    other.release();
    await Promise.all(all);
    expect(other.most()).toBeLessThanOrEqual(2);
  });

  it('does not let a slow origin take the places of the others', async () => {
    const gate = new ConnectGate({ maxConnects: 3, maxConnectsPerOrigin: 2 });
    const slow = counted();
    const all = Array.from({ length: 10 }, () => gate.run('http://slow', slow.work));
    await gate.run('http://quick', async () => {});
    slow.release();
    await Promise.all(all);
  });

  it('starts one in each turn of the event loop', async () => {
    const gate = new ConnectGate({ maxConnects: 64, maxConnectsPerOrigin: 64 });
    let inThisTurn = 0;
    let most = 0;
    const reset = (): void => {
      inThisTurn = 0;
    };
    const work = async (): Promise<void> => {
      if (inThisTurn === 0) setImmediate(reset);
      inThisTurn += 1;
      most = Math.max(most, inThisTurn);
    };
    await Promise.all(Array.from({ length: 20 }, () => gate.run('http://one', work)));
    expect(most).toBe(1);
  });

  it('goes on after work that fails', async () => {
    const gate = new ConnectGate({ maxConnects: 1, maxConnectsPerOrigin: 1 });
    await expect(gate.run('http://one', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.run('http://one', async () => 'yes')).resolves.toBe('yes');
  });
});

describe('tool names and tags', () => {
  it('keep the names under which wikidata was always registered', () => {
    expect(publicToolName('wikidata', 'get_entity_claims')).toBe('get_claims');
    expect(publicToolName('wikidata', 'execute_sparql')).toBe('sparql');
    expect(publicToolName('other', 'execute_sparql')).toBe('execute_sparql');
  });

  it('come in the order that callers know', () => {
    const described = normalized({ scopes: ['s1', 's2'], remoteTools: [{ name: 'get', tags: ['t1'] }] });
    expect(toolTags(described, 'get', 'b')).toEqual([
      't1',
      'scope:s1',
      'scope:s2',
      'connector:one',
      'connectorName:Connector one',
      'brand:b',
    ]);
    expect(toolTags(described, 'other', 'b')[0]).toBe('scope:s1');
  });

  it("take the tool's own scopes, from metadata too, and pass over what is no tool there", () => {
    const tools = [null, 7, { name: 'bad', tags: 'x' }, { name: 'get', scopes: ['own'] }];
    const described = normalized({ metadata: { tools } });
    expect(toolTags(described, 'get', 'b')[0]).toBe('scope:own');
    expect(toolTags(described, 'bad', 'b')[0]).toBe('scope:read');
  });
});
