import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FleetSealer } from '../../../../src/shared/fleet/fleet-sealer.ts';
import { openPin, packPin, readHead } from '../../../../src/workers/fleet/kept/pin-box.ts';

const sealer = new FleetSealer('tests', ['a secret of a fleet, with at least 32 characters']);
const pin = { connectorId: 'mail', tool: 'send', version: 7, pinnedAtMs: 1, definition: { name: 'send', title: 'S' } };

describe('encrypted pin', () => {
  it('an encrypted pin decrypts to its content, whatever the length', () => {
    for (const length of [0, 10_000]) {
      const definition = { name: 'send', description: 'x'.repeat(length) };
      const opened = openPin(sealer, 'key', pin, packPin(sealer, 'key', { ...pin, definition }));
      expect(opened?.read()).toEqual({ ...pin, definition });
    }
  });

  it('an encrypted pin starts with its version and its digest in plain text', () => {
    const value = packPin(sealer, 'key', pin);
    expect(readHead(value)).toEqual({
      version: 7,
      shortSha256: openPin(sealer, 'key', pin, value)?.sha256.slice(0, 16),
    });
  });

  it('an encrypted pin can be decrypted only for its own tool and under its own Redis key', () => {
    const value = packPin(sealer, 'key', pin);
    expect(openPin(sealer, 'other', pin, value)).toBeNull();
    expect(openPin(sealer, 'key', { ...pin, tool: 'read' }, value)).toBeNull();
    expect(openPin(sealer, 'key', { ...pin, connectorId: 'post' }, value)).toBeNull();
  });

  it('an encrypted pin cannot be decrypted if its version, a prefix in plain text, was changed', () => {
    const value = packPin(sealer, 'key', pin).toString('latin1').replace(/^7:/, '9:');
    expect(openPin(sealer, 'key', pin, Buffer.from(value, 'latin1'))).toBeNull();
  });

  it('an encrypted pin cannot be decrypted if a byte was changed', () => {
    const value = packPin(sealer, 'key', pin);
    fc.assert(
      fc.property(fc.nat(value.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(value);
        changed[at] = (changed[at] ?? 0) ^ flip;
        expect(openPin(sealer, 'key', pin, changed)).toBeNull();
      }),
    );
  });
});
