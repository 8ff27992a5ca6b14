import { expect, it } from 'vitest';
import { OPERATOR } from '../../../../src/main/gateway/login/access/who-may-log-in.ts';
import { LoginAddresses } from '../../../../src/main/gateway/login/login-addresses.ts';
import type { OneTimeAddress } from '../../../../src/main/gateway/login/one-time-address.ts';

const FACTS = { connectorId: 'a', isStepUp: false, principal: 'one', askedBy: 'A client' };
const MINUTE_MS = 60_000;

function world(maxAddresses?: number) {
  const time = { nowMs: 1_000_000 };
  const clock = { now: () => time.nowMs };
  const addresses = new LoginAddresses({ clock, isSecure: false, ...(maxAddresses !== undefined && { maxAddresses }) });
  const get = (more: Partial<typeof FACTS> = {}): OneTimeAddress => {
    const address = addresses.get({ ...FACTS, ...more }, null);
    if (address === null) throw new Error('There is none');
    return address;
  };
  return { time, addresses, get };
}

it('the gateway creates a separate login URL for each caller, connector, client and kind of login', () => {
  const { addresses, get } = world();
  const first = get();
  expect(first.id).toMatch(/^[\w-]{43}$/);
  expect(get()).toBe(first);
  const others = [{ principal: 'two' }, { connectorId: 'b' }, { askedBy: 'Another' }, { isStepUp: true }].map(get);
  expect(new Set([first, ...others]).size).toBe(5);
  expect(addresses.find(first.id)).toBe(first);
  expect(addresses.find('x')).toBeUndefined();
});

it('the gateway replaces a login URL shortly before the URL expires, and rejects an expired URL', () => {
  const { time, addresses, get } = world();
  const first = get();
  time.nowMs += 9 * MINUTE_MS - 1;
  expect(get()).toBe(first);
  time.nowMs += 1;
  const second = get();
  expect(second).not.toBe(first);
  expect(addresses.find(first.id)).toBe(first);
  time.nowMs += MINUTE_MS;
  expect(addresses.find(first.id)).toBeUndefined();
  expect(addresses.find(second.id)).toBe(second);
});

it('the gateway creates a second login URL two minutes after the first was opened, and both URLs are valid', () => {
  const { time, addresses, get } = world();
  const first = get();
  first.open(time.nowMs);
  expect(get()).toBe(first);
  time.nowMs += 2 * MINUTE_MS + 1;
  expect(get()).not.toBe(first);
  expect(addresses.find(first.id)).toBe(first);
});

it('the gateway creates a new login URL after a login succeeded, or after the operator opened the previous URL', () => {
  const { time, get } = world();
  const done = get();
  done.open(time.nowMs);
  expect(get()).toBe(done);
  done.isDone = true;
  expect(get()).not.toBe(done);
  const ofOperator = get({ principal: OPERATOR });
  expect(get({ principal: OPERATOR })).toBe(ofOperator);
  ofOperator.open(time.nowMs);
  expect(get({ principal: OPERATOR })).not.toBe(ofOperator);
});

it('a login URL can be opened by only one browser', () => {
  const { time, get } = world();
  const address = get();
  expect(address.isOpenedBy(undefined)).toBe(false);
  const cookie = address.open(time.nowMs)?.split(';', 1)[0] ?? '';
  expect(address.open(time.nowMs)).toBeNull();
  expect([address.isOpenedBy(cookie), address.isOpenedBy(`x=1; ${cookie}`)]).toEqual([true, true]);
  expect([address.isOpenedBy(`${cookie}x`), address.isOpenedBy('')]).toEqual([false, false]);
  expect([address.isFormToken(address.formToken), address.isFormToken(null), address.isFormToken('x')]).toEqual([
    ...[true, false, false],
  ]);
});

it('a caller may have half of all login URLs, and a further URL replaces the oldest URL of the same caller', async () => {
  const { addresses, get } = world(6);
  const mine = ['a', 'b', 'c', 'd'].map((connectorId) => get({ connectorId }));
  expect(addresses.size).toBe(3);
  expect(await mine[0]?.finished).toBe(false);
  for (const connectorId of ['a', 'b', 'c']) get({ connectorId, principal: 'two' });
  expect(addresses.get({ ...FACTS, principal: 'three' }, null)).toBeNull();
  expect(addresses.size).toBe(6);
});

it('each client that waits for a login is notified once when the login ends, and the login URL is removed', async () => {
  const { addresses, get } = world();
  const address = get();
  const told: string[] = [];
  const client = {};
  address.tell(client, () => told.push('first'));
  address.tell(client, () => told.push('again'));
  address.tell({}, () => told.push('other'));
  addresses.end(address, true);
  addresses.end(address, true);
  expect([await address.finished, told]).toEqual([true, ['again', 'other']]);
  expect([addresses.size, addresses.find(address.id)]).toEqual([0, undefined]);
  const last = get();
  last.tell(client, () => told.push('never'));
  addresses.close();
  expect([await last.finished, told]).toEqual([false, ['again', 'other']]);
});
