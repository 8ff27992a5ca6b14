/** Metadata document of the gateway as an OAuth client. */
export interface ClientDocument {
  readonly client_id: string;
  readonly client_name: string;
  readonly client_uri: string;
  readonly redirect_uris: readonly string[];
  readonly grant_types: readonly string[];
  readonly response_types: readonly string[];
  readonly token_endpoint_auth_method: 'none';
}

/** Path of the document, below the gateway's public address. */
export const CLIENT_DOCUMENT_PATH = '/login/client.json';

/**
 * Path of the address to which issuers redirect browsers after a login. It is relative to the address at which browsers
 * reach the gateway.
 */
export const CALLBACK_PATH = '/login/callback';

/**
 * Returns the document of a gateway at this https address (draft-ietf-oauth-client-id-metadata-document). Its
 * `client_id` must be exactly the address that serves it; otherwise authorization servers refuse it.
 */
export function clientDocument(base: string): ClientDocument {
  return {
    client_id: base + CLIENT_DOCUMENT_PATH,
    client_name: 'mcp-switchyard',
    client_uri: `${base}/`,
    redirect_uris: [base + CALLBACK_PATH],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
}
