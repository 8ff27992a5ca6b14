import type { FleetProbe } from '../../../../shared/protocol/fleet/fleet-messages.ts';
import type { Fleet } from '../../../fleet/fleet.ts';
import { type Finding, failedFinding } from '../doctor/checks.ts';
import { asked } from './join-fleet.ts';

/** Oldest major version of Redis that has the necessary commands and ACL rules. Every version of Valkey has them. */
const OLDEST_MAJOR = 7;

/** Round-trip time, in milliseconds, above which the server is reported as slow. */
const SLOW_MS = 50;

const PROBE_TIMEOUT_MS = 5_000;

/**
 * Checks the server of a fleet for `fleet check` and `doctor`. Each finding says what works, or how to mend what does
 * not work.
 */
export async function fleetFindings(fleet: Fleet): Promise<readonly Finding[]> {
  if (!fleet.isConnected) await asked(fleet);
  const { id, role, failure } = fleet.status();
  if (!fleet.isConnected) return [failed('server', failure?.message ?? "the fleet's server did not answer")];
  const connected = ok('server', `connected to fleet ${id} as ${fleet.hostId}`);
  try {
    const probe = await fleet.ask((api) => api.probe(), PROBE_TIMEOUT_MS);
    return [connected, ...probeFindings(probe, role), ...hostFindings(fleet)];
  } catch (error) {
    return [connected, failedFinding('probe', error)];
  }
}

function probeFindings(probe: FleetProbe, role: Fleet['role']): readonly Finding[] {
  const { pingMs, missingPermissions } = probe;
  const answered = `answers in ${pingMs.toFixed(1)} ms`;
  return [
    pingMs > SLOW_MS ? note('latency', `${answered}: put the server nearer to its hosts`) : ok('latency', answered),
    ...versionFinding(probe.server),
    ...memoryFindings(probe),
    ...persistenceFinding(probe.isAppendOnly),
    missingPermissions.length === 0
      ? ok('access', `the user may do what the role \`${role}\` needs`)
      : failed(
          'access',
          `the user lacks ${missingPermissions.join(', ')}: ` +
            `give it the ACL rules of docs/fleet-server.md for \`${role}\``,
        ),
  ];
}

function versionFinding(version: string | null): readonly Finding[] {
  if (version === null) return [note('version', 'unknown, because the user may not run INFO; nothing else needs INFO')];
  return Number.parseInt(version, 10) >= OLDEST_MAJOR
    ? [ok('version', version)]
    : [failed('version', `${version} is too old: install Redis ${OLDEST_MAJOR}.0 or Valkey 8`)];
}

function memoryFindings({ maxMemoryPolicy: policy, usedMemoryBytes }: FleetProbe): readonly Finding[] {
  if (policy === null || usedMemoryBytes === null) return [];
  const used = `${Math.round(usedMemoryBytes / 2 ** 20)} MiB used, maxmemory-policy ${policy}`;
  return policy === 'noeviction'
    ? [ok('memory', used)]
    : [note('memory', `${used}: a full server deletes records, including pins and logins. Set it to noeviction`)];
}

function persistenceFinding(isAppendOnly: boolean | null): readonly Finding[] {
  if (isAppendOnly === null) return [];
  const isLost = 'appendonly is off: after the server restarts, each host restores what its state folder contains';
  return isAppendOnly
    ? [ok('disk', 'appendonly is on')]
    : [note('disk', `${isLost}. Hosts without a state folder need \`appendonly yes\``)];
}

function hostFindings(fleet: Fleet): readonly Finding[] {
  const { refusedCount } = fleet.status();
  const count = `${fleet.hosts.length} other hosts are in the roster`;
  if (refusedCount === 0) return [ok('hosts', count)];
  const why = 'records or commands were refused: check the secret on all hosts, and the permissions of this user';
  return [failed('hosts', `${count}; ${refusedCount} ${why}`)];
}

const ok = (check: string, message: string): Finding => ({ check, outcome: 'ok', message });
const note = (check: string, message: string): Finding => ({ check, outcome: 'note', message });
const failed = (check: string, message: string): Finding => ({ check, outcome: 'failed', message });
