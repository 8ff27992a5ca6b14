import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';

/**
 * The headers a connector gets with every request: its own `headers`, then what its `auth` asks for. `none`: nothing; `bearer`:
 * `Authorization: Bearer KEY`; `apiKey`: the raw key in `headerName`, or as a bearer token where that is absent or is
 * Authorization itself. Throws CONNECTOR_AUTH_MISSING where a key is asked for and there is none.
 */
export function connectorHeaders(entry: ConnectorEntry, key: string | null): Readonly<Record<string, string>> {
  const headers = { ...entry.headers };
  const { type, headerName } = entry.auth ?? { type: 'none' };
  if (type === 'none') return headers;
  if (key === null) {
    throw new SwitchyardError(
      'CONNECTOR_AUTH_MISSING',
      `Connector ${entry.id} asks for a key (auth type ${type}) and none is configured.`,
    );
  }
  const isRaw = type === 'apiKey' && headerName !== undefined && headerName.toLowerCase() !== 'authorization';
  const name = isRaw ? headerName : 'Authorization';
  // A differently spelled header of the entry itself must not be sent beside it.
  for (const own of Object.keys(headers)) {
    if (own.toLowerCase() === name.toLowerCase()) delete headers[own];
  }
  return { ...headers, [name]: isRaw ? key : `Bearer ${key}` };
}
