import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServerInfo } from '../../../src/shared/servers/server-info.ts';
import { ServersText } from '../../../src/workers/servers-file/servers-text.ts';
import { ServerTable } from '../../../src/workers/tables/server-table.ts';

const server = fc.record(
  {
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    transport: fc.constant('http' as const),
    endpoint: fc.string({ unit: 'binary' }),
    args: fc.array(fc.string(), { maxLength: 3 }),
    more: fc.jsonValue(),
  },
  { requiredKeys: ['name', 'transport'] },
) as fc.Arbitrary<ServerInfo>;

const change = fc.oneof(
  server.map((info) => ({ name: info.name, info })),
  fc.constantFrom('a', 'b', 'c').map((name) => ({ name, info: null })),
);

describe('ServersText', () => {
  it('ServersText equals the JSON.stringify() output of the whole document, after any changes', () => {
    const steps = fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 8 });
    const rests = fc.constantFrom({}, { version: 1, note: 'mine\n' });
    const bads = fc.constantFrom([], [{ place: 'servers[0]', reason: 'r', value: { name: 'x', y: [1] } }]);
    fc.assert(
      fc.property(steps, rests, bads, (all, rest, bad) => {
        const table = new ServerTable(new DatabaseSync(':memory:'));
        const text = new ServersText(table);
        for (const changes of all) {
          table.apply(changes);
          const servers = table
            .since(0)
            .rows.flatMap(({ name, info }) => (info === null || name === 'e' ? [] : [info]));
          const whole = { ...rest, servers: [...servers, ...bad.map(({ value }) => value)] };
          const rendered = text.render({ bad, rest }, new Set(['e']));
          expect(rendered.toString()).toBe(`${JSON.stringify(whole, null, 2)}\n`);
        }
      }),
    );
  });
});
