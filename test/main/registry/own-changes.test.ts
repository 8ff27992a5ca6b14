import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OwnChanges } from '../../../src/main/registry/own-changes.ts';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const server = (name: string, command = 'one'): ServerInfo => ({ name, transport: 'stdio', command });
const change = (info: ServerInfo) => ({ name: info.name, info });
const held = (...infos: readonly ServerInfo[]) => new Map(infos.map((info) => [info.name, info]));

describe('changes missing from a replacement store', () => {
  it('if the store of the registry is replaced, the new store gets its missing servers, and keeps its other servers', () => {
    const own = new OwnChanges();
    const stored = [change(server('a', 'of others'))];
    expect(own.missingIn(stored, held(server('a'), server('b')))).toEqual([change(server('b'))]);
  });

  it('if the store of the registry is replaced, the new store gets recent changes and removals of this process', () => {
    const own = new OwnChanges();
    own.note([change(server('a')), { name: 'gone', info: null }, change(server('same'))]);
    const stored = ['a', 'gone', 'same'].map((name) => change(server(name, name === 'same' ? 'one' : 'older')));
    expect(own.missingIn(stored, held(server('a'), server('same')))).toEqual([
      change(server('a')),
      { name: 'gone', info: null },
    ]);
  });

  it('if the store of the registry is replaced, the new store gets no changes that are at least five seconds old', () => {
    const own = new OwnChanges();
    own.note([change(server('a'))]);
    vi.advanceTimersByTime(5_000);
    own.note([change(server('b'))]);
    const stored = ['a', 'b'].map((name) => change(server(name, 'of others')));
    expect(own.missingIn(stored, held(server('a'), server('b')))).toEqual([change(server('b'))]);
  });
});
