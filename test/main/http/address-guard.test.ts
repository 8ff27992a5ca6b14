import type { LookupAddress, LookupOptions } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import {
  type AddressRules,
  createNearbyAgent,
  createPublicAgent,
  publicLookup,
} from '../../../src/main/http/address-guard.ts';
import { isPublicAddress } from '../../../src/main/http/special-addresses.ts';

const address = (text: string): LookupAddress => ({ address: text, family: text.includes(':') ? 6 : 4 });

/** Creates address rules whose DNS lookups return these answers, one after the other. The last answer repeats. */
function answering(...answers: readonly (readonly string[])[]): AddressRules & { readonly asked: LookupOptions[] } {
  const asked: LookupOptions[] = [];
  return {
    asked,
    isPublic: isPublicAddress,
    lookup(_, options, callback) {
      asked.push(options);
      callback(null, (answers[asked.length - 1] ?? answers.at(-1) ?? []).map(address));
    },
  };
}

/** Resolves with the addresses that a lookup returns, or with the error of the lookup. */
function resolved(rules: AddressRules, options: LookupOptions): Promise<unknown> {
  return new Promise((resolve) =>
    publicLookup(rules)('host.test', options, (error, ...answer) => resolve(error ?? answer)),
  );
}

describe('publicLookup', () => {
  it('publicLookup() returns all public addresses of a name, or only the first if a single address is requested', async () => {
    const rules = answering(['1.1.1.1', '2606:4700::1']);
    expect(await resolved(rules, { all: true })).toEqual([[address('1.1.1.1'), address('2606:4700::1')]]);
    expect(await resolved(rules, {})).toEqual(['1.1.1.1', 4]);
  });

  it('publicLookup() looks up all addresses even if only one is requested, and passes on the other options', async () => {
    const rules = answering(['1.1.1.1']);
    await resolved(rules, { family: 4, hints: 1 });
    expect(rules.asked).toEqual([{ family: 4, hints: 1, all: true }]);
  });

  it.each([['10.0.0.1'], ['1.1.1.1', '10.0.0.1'], ['10.0.0.1', '1.1.1.1']])(
    'publicLookup() rejects a name if any of its addresses is not public (case %#)',
    async (...addresses) => {
      for (const options of [{}, { all: true }]) {
        expect(await resolved(answering(addresses), options)).toMatchObject({
          code: 'CONNECTOR_ADDRESS_REFUSED',
          message: 'host.test resolves to 10.0.0.1, which is not a public address',
        });
      }
    },
  );

  it('publicLookup() checks the addresses of a name again at each lookup', async () => {
    const rules = answering(['1.1.1.1'], ['169.254.169.254']);
    expect(await resolved(rules, {})).toEqual(['1.1.1.1', 4]);
    expect(await resolved(rules, {})).toMatchObject({ code: 'CONNECTOR_ADDRESS_REFUSED' });
  });

  it('publicLookup() passes on the error of the resolver', async () => {
    const error = Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    const rules: AddressRules = { isPublic: isPublicAddress, lookup: (_, __, callback) => callback(error, []) };
    expect(await resolved(rules, {})).toBe(error);
  });
});

describe('createPublicAgent', () => {
  it.each([
    ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '127.0.0.1.'],
    ...['１２７.0.0.1', '0', '0.0.0.0', '169.254.169.254', '0xa9fea9fe', '10.0.0.1', '[::1]', '[::]', '[fe80::1]'],
    ...['[fd00:ec2::254]', '[::ffff:127.0.0.1]', '[::ffff:a9fe:a9fe]', '[::127.0.0.1]', '[64:ff9b::127.0.0.1]'],
    ...['[2002:7f00:1::]', 'localhost', 'LOCALHOST', 'localhost.', 'any.localhost', 'any.localhost.', 'localhost..'],
  ])('createPublicAgent() refuses to connect to %s, without a DNS lookup', async (host) => {
    const rules = answering(['1.1.1.1']);
    const agent = createPublicAgent({ id: 'none', tls: null, proxy: null }, rules);
    const origin = new URL(`http://${host}:9/`).origin;
    const failed = request(origin, { method: 'POST', body: '{}', dispatcher: agent });
    await expect(failed).rejects.toMatchObject({ code: 'CONNECTOR_ADDRESS_REFUSED' });
    expect(rules.asked).toEqual([]);
    await agent.destroy();
  });
});

describe('createNearbyAgent', () => {
  it.each(['169.254.169.254', '0xa9fea9fe', '[fe80::1]', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]', '168.63.129.16'])(
    'createNearbyAgent() refuses to connect to %s, which may be a cloud metadata service',
    async (host) => {
      const agent = createNearbyAgent({ id: 'none', tls: null, proxy: null });
      const origin = new URL(`http://${host}:9/`).origin;
      const failed = request(origin, { method: 'POST', body: '{}', dispatcher: agent });
      await expect(failed).rejects.toMatchObject({ code: 'CONNECTOR_ADDRESS_REFUSED' });
      await agent.destroy();
    },
  );

  it.each(['127.0.0.1', 'localhost'])('createNearbyAgent() connects to %s', async (host) => {
    const server = createServer((_, response) => void response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const agent = createNearbyAgent({ id: 'none', tls: null, proxy: null });
    const origin = `http://${host}:${(server.address() as AddressInfo).port}`;
    const { body } = await request(origin, { method: 'GET', dispatcher: agent });
    expect(await body.text()).toBe('here');
    await agent.destroy();
    server.close();
  });
});
