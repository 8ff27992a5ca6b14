import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { View } from '../../../../../src/main/gateway/catalog/view.ts';
import type { HttpSession } from '../../../../../src/main/gateway/http/mcp/http-session.ts';
import { type NewSession, SessionTable } from '../../../../../src/main/gateway/http/mcp/session-table.ts';

const viewOf = (name: string): View => ({ route: { name } }) as unknown as View;
const view = viewOf('all');
const facts: NewSession = { principal: 'p', payer: 'p', view, revision: '2025-11-25', capabilities: {} };

function openTable(maxSessions: number, sessionIdleMs = 60_000) {
  const closed: HttpSession[] = [];
  const table = new SessionTable({ maxSessions, sessionIdleMs }, (session) => closed.push(session));
  const open = (): HttpSession => table.open(facts) as HttpSession;
  const find = (session: HttpSession) => table.find(session.client.id, 'p', view);
  return { table, closed, open, find };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('SessionTable', () => {
  it('a gateway session is found only for the client and the route that opened it', () => {
    const { table, open, find } = openTable(2);
    const session = open();
    expect(find(session)).toBe(session);
    expect(table.find(session.client.id, 'another', view)).toBeUndefined();
    expect(table.find(session.client.id, 'p', viewOf('other'))).toBeUndefined();
    expect(table.find(undefined, 'p', view)).toBeUndefined();
    expect(table.find('no such id', 'p', view)).toBeUndefined();
  });

  it('the gateway closes the session that was idle the longest if there are too many sessions', () => {
    const { table, closed, open, find } = openTable(2);
    const [first, second] = [open(), open()];
    vi.advanceTimersByTime(10);
    find(first);
    vi.advanceTimersByTime(10);
    open();
    expect(closed).toEqual([second]);
    expect([table.size, find(second), find(first)]).toEqual([2, undefined, first]);
  });

  it('the idle time of a gateway session starts when its last request ends', () => {
    const { table, closed, open, find } = openTable(2);
    const [first, second] = [open(), open()];
    first.client.running.set(1, new AbortController());
    vi.advanceTimersByTime(10);
    find(second);
    vi.advanceTimersByTime(10);
    first.client.running.delete(1);
    table.touch(first);
    vi.advanceTimersByTime(10);
    open();
    expect(closed).toEqual([second]);
  });

  it('the gateway opens no session while it has the maximum number of sessions and all are in use', () => {
    const { table, closed, open } = openTable(1);
    const session = open();
    session.client.running.set(1, new AbortController());
    vi.advanceTimersByTime(10);
    expect(table.open(facts)).toBeNull();
    expect([table.size, closed]).toEqual([1, []]);
  });

  it('the gateway closes sessions that were unused for the configured time', () => {
    const { table, closed, open, find } = openTable(5, 100_000);
    const [first, second] = [open(), open()];
    vi.advanceTimersByTime(90_000);
    find(second);
    vi.advanceTimersByTime(40_000);
    expect([closed, table.all()]).toEqual([[first], [second]]);
  });

  it('a session is closed exactly once, even if it ends before the gateway closes', () => {
    const { table, closed, open } = openTable(5);
    const [first, second] = [open(), open()];
    const running = new AbortController();
    first.client.running.set(1, running);
    table.end(first);
    table.end(first);
    table.touch(first);
    expect([closed, running.signal.aborted]).toEqual([[first], true]);
    table.close();
    table.close();
    expect([closed, table.size]).toEqual([[first, second], 0]);
  });

  it('the gateway accepts a limit of a billion sessions', () => {
    expect(openTable(1_000_000_000).open()).not.toBeNull();
  });

  it('at its session limit, the gateway closes only sessions of the caller that has the most sessions', () => {
    const { table, closed, open } = openTable(4);
    const other = { ...facts, principal: 'q', payer: 'q' };
    const own = table.open(other);
    const first = open();
    for (let index = 0; index < 10; index += 1) {
      vi.advanceTimersByTime(10);
      open();
    }
    expect(closed[0]).toBe(first);
    expect([closed.length, closed.includes(own as HttpSession), table.size]).toEqual([8, false, 4]);
    expect(table.open(other)).not.toBeNull();
    expect(closed.includes(own as HttpSession)).toBe(false);
  });

  it('the gateway closes a session in use only if another caller with fewer sessions needs room', () => {
    const { table, closed, open } = openTable(2);
    const sessions = [open(), open()];
    for (const { client } of sessions) client.running.set(1, new AbortController());
    expect(table.open(facts)).toBeNull();
    const other = { ...facts, principal: 'q', payer: 'q' };
    expect(table.open(other)).not.toBeNull();
    expect(closed).toEqual([sessions[0]]);
    expect(table.open(facts)).toBeNull();
  });
});

describe('SessionTable with other replicas', () => {
  const facts = { principal: 'p', revision: '2025-11-25', capabilities: {} };

  function openShared(maxSessions: number) {
    const joined: [string, boolean][] = [];
    const ended = new Set<string>();
    let count = 0;
    const table = new SessionTable({ maxSessions, sessionIdleMs: 60_000 }, () => {}, {
      questionIds: { of: String },
      idOf: ({ principal, view: { route } }) => `${principal}/${route.name}/${++count}`,
      open: (id) => (/^p\/all\/\d+$/.test(id) && !ended.has(id) ? { ...facts, route: 'all' } : null),
      held: ({ client }, isNew) => joined.push([client.id, isNew]),
    });
    return { table, joined, ended };
  }

  it('the gateway restores a session of another replica only for the same client and route', () => {
    const { table, joined } = openShared(5);
    expect(table.find('p/all/7', 'another', view)).toBeUndefined();
    expect(table.find('p/all/7', 'p', viewOf('other'))).toBeUndefined();
    expect(table.find('no such id', 'p', view)).toBeUndefined();
    const session = table.find('p/all/7', 'p', view);
    expect([session?.client.id, table.size]).toEqual(['p/all/7', 1]);
    expect(table.find('p/all/7', 'p', view)).toBe(session);
    expect(joined).toEqual([['p/all/7', false]]);
  });

  it('the gateway restores a session that was closed to make room, but not a session that has ended', () => {
    const { table, joined, ended } = openShared(1);
    const first = table.open({ ...facts, payer: 'p', view });
    vi.advanceTimersByTime(10);
    expect(table.find('p/all/7', 'p', view)).toBeDefined();
    vi.advanceTimersByTime(10);
    expect(table.find(first?.client.id, 'p', view)).toBeDefined();
    expect(joined).toEqual([
      ['p/all/1', true],
      ['p/all/7', false],
      ['p/all/1', false],
    ]);
    ended.add('p/all/7');
    expect(table.find('p/all/7', 'p', view)).toBeUndefined();
  });

  it('the gateway distinguishes a valid session for which it has no room from an unknown session', () => {
    const { table } = openShared(1);
    table.find('p/all/1', 'p', view)?.client.running.set(1, new AbortController());
    expect(table.find('p/all/2', 'p', view)).toBeUndefined();
    expect(table.lacksRoomFor('p/all/2', 'p', view)).toBe(true);
    expect(table.lacksRoomFor('p/all/2', 'another', view)).toBe(false);
    expect(table.lacksRoomFor('no such id', 'p', view)).toBe(false);
  });

  it('the gateway closes a session whose id can no longer be decrypted, even if the session is in use', () => {
    const { table, ended } = openShared(2);
    table.find('p/all/1', 'p', view)?.client.running.set(1, new AbortController());
    ended.add('p/all/1');
    vi.advanceTimersByTime(61_000);
    expect(table.size).toBe(0);
  });
});
