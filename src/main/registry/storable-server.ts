import { messageOf, SwitchyardError } from '../../shared/errors.ts';
import { type ServerInfo, serverInfoFault } from '../../shared/servers/server-info.ts';

/**
 * Returns a copy of a server, as the store and the file will contain it. Changes to the original do not affect the
 * copy. Throws OPTIONS_INVALID if the server is invalid, or contains values that JSON cannot represent. Such values
 * must not reach the queue of the store, where they would make every commit fail.
 */
export function storableServer(given: ServerInfo): ServerInfo {
  let copy: ServerInfo;
  try {
    copy = JSON.parse(JSON.stringify(given, strict)) as ServerInfo;
  } catch (cause) {
    throw refused(given, messageOf(cause), cause);
  }
  const fault = serverInfoFault(copy);
  if (fault !== null) throw refused(given, fault);
  return copy;
}

/** Throws for values that JSON.stringify would silently omit or replace by null. */
function strict(member: string, value: unknown): unknown {
  const isLost = typeof value === 'function' || typeof value === 'symbol';
  if (isLost || (typeof value === 'number' && !Number.isFinite(value)))
    throw new TypeError(`${member}: JSON cannot represent ${typeof value === 'number' ? value : `a ${typeof value}`}`);
  return value;
}

function refused(given: ServerInfo, reason: string, cause?: unknown): SwitchyardError {
  const which = typeof given?.name === 'string' ? JSON.stringify(given.name) : 'This';
  return new SwitchyardError('OPTIONS_INVALID', `${which} is not a valid server for the registry: ${reason}.`, {
    cause,
  });
}
