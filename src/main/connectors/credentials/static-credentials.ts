import { SwitchyardError } from '../../../shared/errors.ts';
import type { ConnectorEntry } from '../../../shared/map/service-map.ts';
import { entryHeaders } from '../../mcp/entry-headers.ts';
import { type Challenge, type Credentials, NO_CREDENTIALS, type Verdict } from './credentials.ts';

/** Matches a `WWW-Authenticate` header that offers a login (RFC 9728 section 5.1). */
const OFFERS_LOGIN = /\bresource_metadata\s*=/i;

/** Credentials that never change: the key of an entry's `auth`, or a header that the entry itself has. */
class StaticCredentials implements Credentials {
  readonly #connectorId: string;
  readonly #headers: readonly string[];

  /** `headers` are sent in addition to the entry's own headers, and replace entry headers with the same name. */
  constructor(connectorId: string, headers: Readonly<Record<string, string>>) {
    this.#connectorId = connectorId;
    this.#headers = entryHeaders(headers);
  }

  headers(): readonly string[] {
    return this.#headers;
  }

  async refused({ status, wwwAuthenticate }: Challenge): Promise<Verdict> {
    const offersLogin = status === 401 && wwwAuthenticate !== null && OFFERS_LOGIN.test(wwwAuthenticate);
    const command = `mcp-switchyard auth login ${this.#connectorId}`;
    const hint = `The server also offers a login: remove the key from the entry and run \`${command}\`.`;
    return { kind: 'refused', hint: offersLogin ? hint : null };
  }
}

/**
 * Returns the credentials that an entry itself has; NO_CREDENTIALS if it has neither `auth` nor an `Authorization`
 * header. With the `auth.type` `none`, no key is sent. With `bearer`, `Authorization: Bearer KEY` is sent. With
 * `apiKey`, the raw key is sent in `headerName`, or as a bearer token if `headerName` is absent or is Authorization
 * itself. Throws CONNECTOR_AUTH_MISSING if a key is required and missing.
 */
export function staticCredentials(entry: ConnectorEntry, key: string | null): Credentials {
  const { type, headerName } = entry.auth ?? { type: 'none' };
  if (type === 'none') return hasAuthorization(entry) ? new StaticCredentials(entry.id, {}) : NO_CREDENTIALS;
  if (key === null) {
    throw new SwitchyardError(
      'CONNECTOR_AUTH_MISSING',
      `Connector ${entry.id} needs a key (auth type ${type}), but none is configured.`,
    );
  }
  const isRaw = type === 'apiKey' && headerName !== undefined && headerName.toLowerCase() !== 'authorization';
  return new StaticCredentials(entry.id, isRaw ? { [headerName]: key } : { Authorization: `Bearer ${key}` });
}

/** Whether an entry has an `Authorization` header. */
export function hasAuthorization({ headers = {} }: Pick<ConnectorEntry, 'headers'>): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
}
