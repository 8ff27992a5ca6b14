/** What the suite registered beforehand, as the clients of its login scenarios are told. */
export interface LoginContext {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly private_key_pem?: string;
}

/** The address of a metadata document that the suite's issuers know. */
export const DOCUMENT_URL = 'https://conformance-test.local/client-metadata.json';

/** More logins than any scenario needs; one of them asks for ever more scopes. */
export const MAX_LOGINS = 3;

/** The member `oauth` of the connector's entry; undefined where the challenge says it all. */
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

/** The variables that {@link loginSettings} names. */
export function loginVariables({ client_secret = '', private_key_pem = '' }: LoginContext): Record<string, string> {
  return { SUITE_SECRET: client_secret, SUITE_KEY: private_key_pem };
}
