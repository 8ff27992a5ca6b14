import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  packFacts,
  type SessionFacts,
  unpackFacts,
} from '../../../../../src/main/gateway/replicas/sessions/session-facts.ts';

const facts: SessionFacts = {
  ...{ revision: '2025-11-25', capabilities: { roots: {} }, clientName: 'test', principal: 'token-abc' },
  ...{ tokenExpiresAtMs: null, route: 'all', hostId: 'host', issuedAtMs: 1, nonce: 'n' },
};
const unique = (bytes: number): string => randomBytes(bytes).toString('base64');

describe('packFacts', () => {
  it('unpackFacts() restores all facts of a session that packFacts() has packed', () => {
    const given = fc.record({
      revision: fc.constantFrom('2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'),
      capabilities: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true }),
      clientName: fc.option(fc.string({ unit: 'grapheme', maxLength: 100 })),
      principal: fc.string(),
      tokenExpiresAtMs: fc.option(fc.nat()),
      route: fc.string({ unit: 'grapheme' }),
      hostId: fc.string(),
      issuedAtMs: fc.nat(),
      nonce: fc.string(),
    });
    fc.assert(
      fc.property(given, (one) => {
        const whole = JSON.parse(JSON.stringify(one)) as SessionFacts;
        expect(unpackFacts(packFacts(whole, 1_000_000))).toEqual(whole);
      }),
    );
  });

  it('packFacts() compresses facts that would be too long', () => {
    const repeated = { ...facts, capabilities: { sampling: { hints: 'again and again '.repeat(500) } } };
    const packed = packFacts(repeated, 3_000);
    expect(packed.length).toBeLessThan(3_000);
    expect(unpackFacts(packed)).toEqual(repeated);
  });

  it('packFacts() omits details that the gateway does not use if the compressed facts are still too long', () => {
    const ui = {
      'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app', unique(400)], more: unique(99) },
    };
    const capabilities = {
      elicitation: { form: { hint: unique(2_000) }, url: {} },
      sampling: { tools: {}, context: { hint: unique(2_000) }, more: {} },
      roots: { hint: unique(2_000) },
      extensions: ui,
    };
    const packed = packFacts({ ...facts, capabilities, clientName: 'x'.repeat(9_000) }, 3_000);
    expect(packed.length).toBeLessThan(3_000);
    expect(unpackFacts(packed)).toEqual({
      ...facts,
      clientName: 'x'.repeat(200),
      capabilities: {
        elicitation: { form: {}, url: {} },
        sampling: { tools: {}, context: {} },
        roots: {},
        extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } },
      },
    });
  });

  it('packFacts() throws if the facts are too long even without the details that the gateway does not use', () => {
    expect(() => packFacts({ ...facts, route: unique(4_000) }, 3_000)).toThrow('too long');
  });
});

describe('unpackFacts', () => {
  it('unpackFacts() returns null for invalid input, and never throws', () => {
    const packed = fc.oneof(
      fc.uint8Array(),
      fc.json().map((json) => Buffer.concat([Uint8Array.of(1), Buffer.from(json)])),
      fc
        .array(fc.jsonValue(), { minLength: 9, maxLength: 9 })
        .map((list) => Buffer.from(`\u0001${JSON.stringify(list)}`)),
    );
    fc.assert(fc.property(packed, (bytes) => void expect(unpackFacts(Buffer.from(bytes))).toBeNull()));
  });
});
