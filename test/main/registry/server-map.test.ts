import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/main/observability/logger.ts';
import { ServerMap } from '../../../src/main/registry/server-map.ts';
import type { ServerChange } from '../../../src/shared/servers/server-records.ts';

const put = (name: string, command: string): ServerChange => ({ name, info: { name, transport: 'stdio', command } });

describe('ServerMap', () => {
  it('ServerMap applies the last of several changes to one server', () => {
    const map = new ServerMap(silentLogger);
    map.apply([put('a', 'one')]);
    map.apply([put('a', 'two'), put('a', 'one')]);
    expect(map.servers.get('a')?.command).toBe('one');
    map.apply([{ name: 'a', info: null }, put('a', 'one')]);
    expect(map.servers.get('a')?.command).toBe('one');
    map.apply([put('b', 'one'), { name: 'b', info: null }]);
    expect(map.servers.has('b')).toBe(false);
  });

  it('ServerMap keeps the object of a server that has not changed, and notifies no listener', () => {
    const map = new ServerMap(silentLogger);
    map.apply([put('a', 'one')]);
    const before = map.servers.get('a');
    let told = 0;
    map.onChange(() => {
      told += 1;
    });
    map.apply([put('a', 'one')]);
    expect(map.servers.get('a')).toBe(before);
    expect(told).toBe(0);
  });
});
