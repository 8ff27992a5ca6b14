import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { codeOf } from '../../../shared/errors.ts';
import type { FleetRole } from '../../../shared/fleet/fleet-settings.ts';
import type { FleetOptions } from '../../options/fleet-options.ts';
import type { TlsOptions } from '../../options/network-options.ts';
import { misuse, repeated, requiredVariable } from './option-values.ts';

/** Flags of a command that can use a fleet. */
export interface FleetFlags {
  /** URL of the fleet's Redis or Valkey server. Without it, the command uses no fleet. */
  readonly fleet?: string;
  readonly fleetId?: string;
  /** Names of the environment variables that contain the fleet's secrets. The current secret is first. */
  readonly fleetSecretEnv?: readonly string[];
  readonly fleetRole?: FleetRole;
  readonly fleetAddress?: string;
  /** `true` if the flag was given without a value. */
  readonly fleetQuotas?: true | 'share' | 'refuse';
  readonly fleetLogins?: 'own' | 'shared';
  readonly fleetAllowPlaintext?: boolean;
  readonly fleetCa?: string;
  readonly fleetCert?: string;
  readonly fleetKey?: string;
}

/**
 * Environment variable with the password for the fleet's Redis server. There is no flag for the password, because every
 * process on the machine can read command lines.
 */
const FLEET_PASSWORD_VARIABLE = 'SWITCHYARD_FLEET_PASSWORD';

/** Adds the flags of {@link FleetFlags} to a command. */
export function withFleet(command: Command): Command {
  return command
    .option(
      '--fleet <url>',
      `Redis or Valkey that hosts share, as rediss://USER@HOST:PORT; the password is in ${FLEET_PASSWORD_VARIABLE}`,
    )
    .option('--fleet-id <id>', 'id of the fleet, the same on all its hosts')
    .option(
      '--fleet-secret-env <name>',
      'variable with the secret of the fleet; twice while it is replaced, the new one first',
      repeated,
    )
    .addOption(
      new Option('--fleet-role <role>', 'a reader fetches maps only if no other host does; any by default').choices([
        'any',
        'reader',
      ]),
    )
    .option('--fleet-address <url>', 'where other replicas reach this one; by default the address that it listens on')
    .addOption(
      new Option(
        '--fleet-quotas [without]',
        'quotas hold for the whole fleet; without the server, this host uses its share (default) or refuses calls',
      ).choices(['share', 'refuse']),
    )
    .addOption(
      new Option('--fleet-logins <whose>', 'whether hosts share their logins; by default each has its own').choices([
        'own',
        'shared',
      ]),
    )
    .option('--fleet-allow-plaintext', 'allow redis: to another machine, over a network that you trust')
    .option('--fleet-ca <file>', 'PEM file of authorities to trust for rediss:')
    .option('--fleet-cert <file>', 'PEM file of a client certificate for rediss:')
    .option('--fleet-key <file>', 'PEM file of the key of --fleet-cert');
}

/**
 * Returns the value of the manager option `fleet` for these flags. If the flags are incomplete, throws OPTIONS_INVALID,
 * which names the missing flag or variable.
 */
export function fleetChoice(flags: FleetFlags): FleetOptions | undefined {
  const { fleet: url, fleetId: id, fleetSecretEnv = [], fleetQuotas: quotas } = flags;
  if (url === undefined) {
    const [lone] = Object.keys(flags).filter((name) => /^fleet[A-Z]/.test(name));
    if (lone !== undefined) throw misuse(`${flagOf(lone)} needs --fleet URL`);
    return undefined;
  }
  if ((URL.parse(url)?.password ?? '') !== '')
    throw misuse(
      `--fleet must not contain a password, which other users could read: set the variable ${FLEET_PASSWORD_VARIABLE}`,
    );
  if (id === undefined) throw misuse('--fleet needs --fleet-id ID: an id that all hosts of the fleet share');
  return {
    ...{ url, id },
    secrets: fleetSecrets(fleetSecretEnv),
    password: process.env[FLEET_PASSWORD_VARIABLE] || undefined,
    role: flags.fleetRole,
    address: flags.fleetAddress,
    quotas: quotas !== undefined,
    quotasWithout: quotas === true ? undefined : quotas,
    logins: flags.fleetLogins,
    tls: fleetTls(flags),
    allowPlaintext: flags.fleetAllowPlaintext,
  };
}

function fleetSecrets(names: readonly string[]): FleetOptions['secrets'] {
  const [current, previous, third] = names.map((name) => requiredVariable(name, '--fleet-secret-env'));
  if (current === undefined)
    throw misuse(
      '--fleet needs --fleet-secret-env NAME: a variable with the secret that all hosts share, 32 characters or more',
    );
  if (third !== undefined)
    throw misuse('Give --fleet-secret-env at most twice: for the current and for the previous secret');
  return previous === undefined ? [current] : [current, previous];
}

function fleetTls({ fleetCa, fleetCert, fleetKey }: FleetFlags): TlsOptions | undefined {
  if (fleetCa === undefined && fleetCert === undefined && fleetKey === undefined) return undefined;
  return {
    ca: readNamed(fleetCa, '--fleet-ca'),
    cert: readNamed(fleetCert, '--fleet-cert'),
    key: readNamed(fleetKey, '--fleet-key'),
  };
}

function readNamed(path: string | undefined, flag: string): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw misuse(`Cannot read the file ${path} of ${flag} (${codeOf(error) ?? 'unknown'})`);
  }
}

/** Returns the flag for a key of {@link FleetFlags}: `--fleet-secret-env` for `fleetSecretEnv`. */
function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
