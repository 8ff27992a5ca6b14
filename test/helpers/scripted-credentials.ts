import type { Challenge, Credentials, Sending, Verdict } from '../../src/main/connectors/credentials/credentials.ts';

type Refused = (
  challenge: Challenge,
  sent: readonly string[],
  signal: AbortSignal | null,
) => Verdict | Promise<Verdict>;

/** Credentials whose token a test sets. They record how they are used. */
export class ScriptedCredentials implements Credentials {
  /** The bearer token. Null for no token, and a promise if a request must wait for the token. */
  token: string | null | Promise<string>;
  readonly sendings: Sending[] = [];
  readonly challenges: Challenge[] = [];
  /** For each refused request, the credential headers that it was sent with. */
  readonly sent: (readonly string[])[] = [];
  readonly #refused: Refused;

  constructor(token: string | null | Promise<string>, refused: Refused = () => ({ kind: 'refused', hint: null })) {
    this.token = token;
    this.#refused = refused;
  }

  headers(_: AbortSignal | null, sending: Sending): readonly string[] | Promise<readonly string[]> {
    this.sendings.push(sending);
    const { token } = this;
    return token instanceof Promise ? token.then(bearer) : bearer(token);
  }

  async refused(challenge: Challenge, sent: readonly string[], signal: AbortSignal | null): Promise<Verdict> {
    this.challenges.push(challenge);
    this.sent.push(sent);
    return this.#refused(challenge, sent, signal);
  }

  /** Creates credentials that switch to `fresh` after a refusal of any other token, and then request a retry. */
  static refreshing(stale: string | null, fresh = 'fresh'): ScriptedCredentials {
    const credentials: ScriptedCredentials = new ScriptedCredentials(stale, () => {
      credentials.token = fresh;
      return { kind: 'retry' };
    });
    return credentials;
  }
}

function bearer(token: string | null): readonly string[] {
  return token === null ? [] : ['authorization', `Bearer ${token}`];
}
