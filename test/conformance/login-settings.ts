/** Credentials that the suite registered beforehand, as given to the clients of its login scenarios. */
export interface LoginContext {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
}

/** The URL of a client metadata document that the suite's issuers know. */
export const DOCUMENT_URL = 'https://conformance-test.local/client-metadata.json';

/** Maximum number of logins in a scenario. One scenario requests more scopes each time. */
export const MAX_LOGINS = 3;

/** Returns the field `oauth` of the connector's entry. It is undefined if the suite registered no credentials. */
export function loginSettings(scenario: string, context: LoginContext): object | undefined {
  const { client_id, client_secret, private_key_pem } = context;
  if (client_id === undefined) return undefined;
  return {
    clientId: client_id,
    ...(scenario.includes('client-credentials') && { grant: 'client_credentials' }),
    ...(client_secret !== undefined && { clientSecretEnv: 'SUITE_SECRET' }),
    ...(private_key_pem !== undefined && { privateKeyEnv: 'SUITE_KEY' }),
  };
}

/** Returns the environment variables that {@link loginSettings} refers to. */
export function loginVariables({ client_secret = '', private_key_pem = '' }: LoginContext): Record<string, string> {
  return { SUITE_SECRET: client_secret, SUITE_KEY: private_key_pem };
}
