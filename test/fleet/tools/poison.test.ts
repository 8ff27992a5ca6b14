import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fleetKeys } from '../../../src/shared/fleet/fleet-keys.ts';
import { FleetSealer } from '../../../src/shared/fleet/fleet-sealer.ts';
import { packText } from '../../../src/workers/fleet/kept/sealed-json.ts';
import { FLEET_SECRET } from '../../helpers/fleet/fleet-under-test.ts';
import { hasRedis, RedisServer } from '../../helpers/fleet/redis-server.ts';
import {
  memoryOn,
  recordOf,
  SCOPE,
  type ToolMemoryUnderTest,
  tool,
  toolMemory,
} from '../../helpers/fleet/tool-memory-under-test.ts';

const keys = fleetKeys('tests');
const sealer = new FleetSealer('tests', [FLEET_SECRET]);
const foreign = new FleetSealer('tests', ['another secret, of somebody who is not in the fleet']);
const catalogue = keys.tools(SCOPE);
const pins = keys.pins(SCOPE);
const field = JSON.stringify(['mail', 'send']);
const good = recordOf('mail', tool('send', 'sends a mail'));

const boxed = (from: FleetSealer, purpose: 'tool' | 'pin', place: string, value: unknown): Buffer =>
  from.seal(purpose, place, packText(JSON.stringify(value)));

const listValue = (record: unknown, place = `${catalogue}\nmail`, from = sealer): Buffer =>
  Buffer.concat([Buffer.from('x'.repeat(22)), boxed(from, 'tool', place, record)]);

/** Returns the value of a pin with the given head and seal, which may be invalid. */
const pinValue = (version: number, head: string, definition: unknown, place = `${pins}\n${field}`, from = sealer) => {
  const sha256 = head.slice(head.indexOf(':') + 1).padEnd(64, '0');
  const plain = [Buffer.from(`${version}:${sha256}:`), packText(JSON.stringify({ pinnedAtMs: 1, definition }))];
  return Buffer.concat([Buffer.from(`${head}:`), from.seal('pin', place, Buffer.concat(plain))]);
};

const bytes = fc.uint8Array({ maxLength: 200 }).map((some) => Buffer.from(some));
const evil = tool('send', 'sends a mail to a stranger');

/** Anything that an attacker may write into a field of the catalogue. */
const listPoison = fc.oneof(
  bytes,
  fc.constant(listValue(recordOf('mail', evil), `${catalogue}\nmail`, foreign)),
  fc.constant(listValue(recordOf('mail', evil), `${catalogue}\nother`)),
  fc.constant(listValue(recordOf('other', evil))),
  fc.json().map((text) => listValue(JSON.parse(text))),
  fc.constant(Buffer.alloc(4 * 1024 * 1024 + 1)),
  fc.constant(listValue('['.repeat(5_000))),
  fc.constant(listValue(recordOf('mail', evil))),
  fc.constant(listValue(recordOf('mail', evil, tool('send', 'sends a mail'), tool('forward', 'new')))),
  fc.constant(listValue(good)),
  fc.jsonValue().map((definition) => listValue({ ...good, tools: [{ definition, tags: [], author: null }] })),
  fc.jsonValue().map((value) => listValue({ ...good, endpoint: value })),
  fc.jsonValue().map((value) => listValue({ ...good, listedAtMs: value, era: value })),
);

/** Anything that an attacker may write into a field of the pins. */
const pinPoison = fc.oneof(
  bytes,
  bytes.map((some) => Buffer.concat([Buffer.from('999:0123456789abcdef:'), some])),
  fc.constant(pinValue(9, '9:0123456789abcdef', evil)),
  fc.constant(pinValue(0, '0:0123456789abcdef', evil, `${pins}\n${field}`, foreign)),
  fc.constant(pinValue(0, '0:0123456789abcdef', evil, `${pins}\n["mail","read"]`)),
  fc.jsonValue().map((definition) => pinValue(0, '0:0123456789abcdef', definition)),
  fc.constant(Buffer.alloc(256 * 1024 + 1)),
);

const messages = fc.oneof(
  fc.string(),
  fc.json(),
  fc.constant(JSON.stringify({ scope: SCOPE, by: 'x', connectorId: 'mail', digest: 'y' })),
  fc.jsonValue().map((tools) => JSON.stringify({ scope: SCOPE, by: 'x', tools })),
  fc.constant(`{"scope":${'['.repeat(2_000)}`),
);

/** Checks that a host without a disk lists pinned tools, and quarantines tools that differ. */
async function expectNothingUnpinned(host: ToolMemoryUnderTest): Promise<void> {
  await using fresh = memoryOn(host);
  await fresh.memory.restore((connector) => void fresh.restored.push(connector));
  for (const { connectorId, tools, changes } of fresh.restored) {
    expect(connectorId).toBe('mail');
    const held = new Set(changes.map((change) => change.tool));
    const listed = tools.map(({ definition }) => definition).filter(({ name }) => !held.has(name));
    for (const definition of listed) expect(definition).toEqual(good.tools[0]?.definition);
  }
}

describe.skipIf(!hasRedis)('tools and pins in Redis that an attacker changes', () => {
  it('tools that an attacker writes to Redis are not listed, and pinned tools stay as they were', async () => {
    await using redis = await RedisServer.start();
    await using host = await toolMemory(redis);
    const client = redis.client();
    await client.connect();
    expect(await host.memory.remember(good)).toEqual([]);
    await expect.poll(() => client.hexists(catalogue, 'mail')).toBe(1);
    await fc.assert(
      fc.asyncProperty(listPoison, pinPoison, messages, async (list, pin, message) => {
        await client.hset(catalogue, 'mail', list);
        await client.hset(pins, field, pin);
        await client.publish(keys.pinNews, message);
        await client.publish(keys.toolNews, message);
        await expectNothingUnpinned(host);
        // The host's next list restores its own pin, and a changed tool stays quarantined all the while.
        expect(await host.memory.remember(good)).toEqual([]);
        expect(await host.memory.remember(recordOf('mail', evil))).toMatchObject([{ tool: 'send' }]);
        expect(await host.memory.remember(good)).toEqual([]);
      }),
      { numRuns: 60 },
    );
    client.disconnect();
  });

  it('tool data of a wrong type in Redis is replaced by what the hosts know about their tools', async () => {
    await using redis = await RedisServer.start();
    await using host = await toolMemory(redis);
    for (const key of [catalogue, pins, keys.toolScopes]) await redis.do('SET', key, 'a text');
    await redis.do('SET', keys.pinLog(SCOPE), 'a text');
    expect(await host.memory.remember(good)).toEqual([]);
    await expect.poll(() => redis.do('TYPE', pins)).toBe('hash');
    await expect.poll(() => redis.do('TYPE', catalogue)).toBe('hash');
    expect(await redis.do('SMEMBERS', keys.toolScopes)).toEqual([SCOPE]);
    await expectNothingUnpinned(host);
    expect(await host.memory.remember(recordOf('mail', evil))).toMatchObject([{ tool: 'send' }]);
    expect(await host.memory.approve(null)).toMatchObject([{ tool: 'send' }]);
    await expect.poll(() => host.fleet.ask((api) => api.changedTools(null))).toEqual([]);
  });

  it('stored tools are not read if an attacker has filled Redis with too many of them', async () => {
    await using redis = await RedisServer.start();
    await using host = await toolMemory(redis);
    await host.memory.remember(good);
    const client = redis.client();
    await client.connect();
    const fields = Array.from({ length: 20_001 }, (_, index) => [`junk-${index}`, 'x']).flat();
    await client.hset(catalogue, ...fields);
    client.disconnect();
    await using fresh = memoryOn(host);
    await fresh.memory.restore((connector) => void fresh.restored.push(connector));
    expect(fresh.restored).toEqual([]);
  });
});
