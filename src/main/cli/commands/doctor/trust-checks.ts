import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SwitchyardError } from '../../../../shared/errors.ts';
import { STORE_FILE } from '../../../../shared/servers/store-notes.ts';
import { readKeySet } from '../../../../shared/signatures/key-set.ts';
import { shownKid } from '../../../../shared/signatures/shown-kid.ts';
import type { TrustedKey } from '../../../../shared/signatures/trust.ts';
import type { ServiceMapStatus } from '../../../service-map/service-map-status.ts';
import { isHmacOnly } from '../../../service-map/trust/map-trust-status.ts';
import { WriterClient } from '../../../writer/writer-client.ts';
import type { TrustOptions } from '../../flags/trust-options.ts';
import { counted } from '../../terminal/output.ts';
import { ownCommand } from '../../terminal/own-command.ts';
import { requiredKeyFile } from '../keys/key-files.ts';
import { knownSources } from '../state/known-sources.ts';
import { isoOf } from '../sync.ts';
import { type Finding, failedFinding } from './checks.ts';

/** A key or a key document is reported if it expires within this time. */
const SOON_MS = 7 * 24 * 3_600_000;

/** Bits of a file mode that allow other users to change the file. */
const WRITABLE_BY_OTHERS = 0o022;

/** Reports sources whose floor (the minimum accepted `generatedAt`) is in the future. Their maps are all refused. */
export async function checkFloors(stateDir: string | undefined): Promise<readonly Finding[]> {
  if (stateDir === undefined || !existsSync(join(stateDir, STORE_FILE))) return [];
  const writer = new WriterClient(stateDir);
  try {
    const ahead = (await knownSources(writer)).filter(({ isFloorAhead }) => isFloorAhead);
    return ahead.map(({ url, key, floor }): Finding => {
      const command = ownCommand('state', 'reset-floor', '--source', url ?? key);
      const why = `the floor of ${url ?? key} is ${isoOf(floor)}, which is in the future, so its maps are refused`;
      return { check: 'floor', outcome: 'failed', message: `${why}. Set the clock, then run ${command}` };
    });
  } catch (error) {
    return [failedFinding('floor', error)];
  } finally {
    await writer.close();
  }
}

/**
 * Checks the file of `--keys`: whether the keys are usable, when they expire, and whether other users may change the
 * file.
 */
export function checkKeyFile(path: string | undefined, nowMs: number): readonly Finding[] {
  if (path === undefined) return [];
  try {
    const keys = readKeySet({ keys: requiredKeyFile(path, '--keys') });
    const found: Finding = {
      check: 'keys',
      outcome: 'ok',
      message: `${path} has ${counted(keys.length, 'public key')}`,
    };
    const changeable = process.platform !== 'win32' && (statSync(path).mode & WRITABLE_BY_OTHERS) !== 0;
    const shared: Finding = {
      check: 'keys',
      outcome: 'note',
      message: `other users can change ${path}, and so decide which maps are trusted: run chmod go-w on it`,
    };
    return [found, ...(changeable ? [shared] : []), ...keys.flatMap((key) => keyFinding(key, nowMs))];
  } catch (error) {
    return [failedFinding('keys', error)];
  }
}

function keyFinding({ kid, expiresAtMs }: TrustedKey, nowMs: number): readonly Finding[] {
  return expiryFinding(`the configured key ${shownKid(kid)}`, expiresAtMs, nowMs);
}

/** Reports weaknesses of the current map's signatures: keys that expire soon, and settings that trust too much. */
export function checkTrust(
  { accept, keyDocuments }: Pick<TrustOptions, 'accept' | 'keyDocuments'>,
  { signedBy, keys, accept: policy }: Pick<ServiceMapStatus, 'signedBy' | 'keys' | 'accept'>,
  nowMs: number,
): readonly Finding[] {
  const note = (message: string): Finding => ({ check: 'trust', outcome: 'note', message });
  const isHmacAlone = isHmacOnly({ accept: policy, signedBy });
  return [
    ...(accept === 'either'
      ? [note('--accept either trusts everybody who knows the HMAC key, and each host that verifies maps knows it')]
      : []),
    ...(isHmacAlone ? [note('the map is signed by its HMAC alone, though public keys are configured')] : []),
    ...(signedBy?.signatures ?? []).flatMap(({ kid, keyExpiresAt }) =>
      expiryFinding(`the key ${shownKid(kid)} that signed the map`, keyExpiresAt, nowMs),
    ),
    ...(keys.version === null ? [] : expiryFinding(`key document ${keys.version}`, keys.expiresAt, nowMs)),
    ...(keys.lastError === null
      ? []
      : [failedFinding('trust', new SwitchyardError(keys.lastError.code, keys.lastError.message))]),
    ...(keyDocuments !== undefined && keys.trustsConfigurationAlone
      ? [note('no key document is remembered: older ones could be replayed, unless --min-version is given')]
      : []),
  ];
}

function expiryFinding(what: string, expiresAt: number | null, nowMs: number): readonly Finding[] {
  if (expiresAt === null || expiresAt > nowMs + SOON_MS) return [];
  const isOver = expiresAt <= nowMs;
  const remedy = 'publish the next one with `mcp-switchyard keys rotate`';
  const message = `${what} ${isOver ? 'expired' : 'expires'} at ${isoOf(expiresAt)}: ${remedy}`;
  return [{ check: 'trust', outcome: isOver ? 'failed' : 'note', message }];
}
