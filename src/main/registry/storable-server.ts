import { messageOf, SwitchyardError } from '../../shared/errors.ts';
import { type ServerInfo, serverInfoFault } from '../../shared/servers/server-info.ts';

/**
 * A copy of a server as store and file will have it: what its owner changes later is another matter. Throws
 * OPTIONS_INVALID for what is none, or holds what JSON cannot: in the queue of the store it would fail every commit.
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

/** Refuses what JSON.stringify would leave out or make null of without a word. */
function strict(member: string, value: unknown): unknown {
  const isLost = typeof value === 'function' || typeof value === 'symbol';
  if (isLost || (typeof value === 'number' && !Number.isFinite(value)))
    throw new TypeError(`${member}: JSON has no ${typeof value === 'number' ? value : typeof value}`);
  return value;
}

function refused(given: ServerInfo, reason: string, cause?: unknown): SwitchyardError {
  const which = typeof given?.name === 'string' ? JSON.stringify(given.name) : 'This';
  return new SwitchyardError('OPTIONS_INVALID', `${which} is no server for the registry: ${reason}.`, { cause });
}
