import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FleetFlags, fleetChoice, withFleet } from '../../../../src/main/cli/flags/fleet-options.ts';

const SECRET = 'x'.repeat(40);
const VARIABLES = ['SWITCHYARD_FLEET_PASSWORD', 'FLEET_NOW', 'FLEET_BEFORE'];

function choice(...argv: readonly string[]) {
  return fleetChoice(withFleet(new Command().exitOverride()).parse(argv, { from: 'user' }).opts<FleetFlags>());
}

const FLEET = ['--fleet', 'rediss://ann@redis.example.com', '--fleet-id', 'f', '--fleet-secret-env', 'FLEET_NOW'];

describe('fleet flags', () => {
  beforeEach(() => {
    process.env.FLEET_NOW = SECRET;
    process.env.FLEET_BEFORE = `before ${SECRET}`;
  });
  afterEach(() => {
    for (const name of VARIABLES) delete process.env[name];
  });

  it('without fleet flags, no fleet is configured', () => {
    expect(choice()).toBeUndefined();
  });

  it('the fleet flags become the manager option `fleet`, with secrets and password from the environment', () => {
    process.env.SWITCHYARD_FLEET_PASSWORD = 'word';
    const given = choice(...FLEET, '--fleet-secret-env', 'FLEET_BEFORE', '--fleet-role', 'reader', '--fleet-quotas');
    expect(given).toMatchObject({
      ...{ url: 'rediss://ann@redis.example.com', id: 'f', role: 'reader', password: 'word' },
      ...{ quotas: true, quotasWithout: undefined, secrets: [SECRET, `before ${SECRET}`] },
    });
    expect(choice(...FLEET, '--fleet-quotas', 'refuse')).toMatchObject({ quotas: true, quotasWithout: 'refuse' });
    expect(choice(...FLEET)).toMatchObject({ quotas: false, password: 'word' });
  });

  it.each([
    [['--fleet', 'redis://u:word@h', '--fleet-id', 'f'], 'SWITCHYARD_FLEET_PASSWORD'],
    [['--fleet', 'redis://h'], '--fleet-id'],
    [['--fleet', 'redis://h', '--fleet-id', 'f'], '--fleet-secret-env'],
    [['--fleet-role', 'reader'], '--fleet-role needs --fleet URL'],
    [['--fleet-allow-plaintext'], '--fleet-allow-plaintext needs --fleet URL'],
    [['--fleet', 'redis://h', '--fleet-id', 'f', '--fleet-secret-env', 'FLEET_NOBODY'], 'FLEET_NOBODY'],
    [[...FLEET, '--fleet-ca', '/nowhere/ca.pem'], '--fleet-ca'],
  ])('the fleet flags %j are rejected with an error that names the wrong or missing flag', (argv, hint) => {
    expect(() => choice(...argv)).toThrowError(expect.objectContaining({ code: 'OPTIONS_INVALID' }));
    expect(() => choice(...argv)).toThrowError(hint);
    expect(() => choice(...argv)).not.toThrowError(/:word@/);
  });
});
