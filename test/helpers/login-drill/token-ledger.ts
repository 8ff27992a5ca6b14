import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientConnection } from './process-sockets.ts';

/** Moments of a refresh at which a test kills or stops the requesting process. */
export type Moment =
  /** The issuer never sees the request. */
  | 'before-the-issuer'
  /** The issuer has rotated the token, and its answer never arrives. */
  | 'before-the-answer'
  /** The answer was sent: it is in transit, is being read, or is being stored. */
  | 'after-the-answer'
  /** The answer is being stored or was just stored. */
  | 'around-the-write';

/** Kills or stops a process at a moment of its refresh. The process sent its request over this connection. */
export type Blow = (connection: ClientConnection) => void;

/** One use of a refresh token. */
export interface Presented extends ClientConnection {
  readonly token: string;
  /** Time on the monotonic clock. */
  readonly atMs: number;
  /**
   * The answer: an OAuth error code, or `tokens`. Null until the answer is sent. Stays null if the connection was
   * closed before that, although the issuer may have used up the token.
   */
  answer: string | null;
  /** The new refresh token in the answer. */
  next: string | null;
  /** Whether the process was killed or stopped, so that it may not have stored the answer. */
  wasHit: boolean;
}

/** Longer than a process takes to store an answer on a busy machine. */
const NOT_STORED_MS = 4_000;

const SECRETS = /"(?:access_token|refresh_token|id_token|client_secret|registration_access_token)"\s*:\s*"([^"]+)"/g;
const SENT_SECRETS = ['code', 'code_verifier', 'refresh_token', 'client_secret', 'client_assertion', 'token'];

/**
 * Observes an authorization server. It records each secret, and kills or stops processes at chosen moments of a
 * refresh.
 */
export class TokenLedger {
  readonly secrets = new Set<string>();
  /** Every use of a refresh token, oldest first. */
  readonly presented: Presented[] = [];
  readonly #gone = new Set<number>();
  #plan: { readonly moment: Moment; readonly blow: Blow } | null = null;

  /** Makes the next refresh call `blow` at this moment. */
  plan(moment: Moment, blow: Blow): void {
    this.#plan = { moment, blow };
  }

  /** Marks the ports of a process that is being killed, because requests that it has already sent may arrive later. */
  leave(ports: readonly number[]): void {
    for (const port of ports) this.#gone.add(port);
  }

  /** Returns the recent uses of refresh tokens. The processes may not have stored the answers to them yet. */
  recent(): readonly Presented[] {
    return this.presented.filter(({ atMs }) => performance.now() - atMs < NOT_STORED_MS);
  }

  /** The handler for the option `intercept` of the authorization server. */
  readonly intercept = (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method === 'POST') this.#read(request, response);
    return false;
  };

  #read(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    const push = request.push.bind(request);
    request.push = (chunk: unknown, ...rest: never[]) => {
      if (chunk !== null) chunks.push(chunk as Buffer);
      else if (!this.#arrived(request, response, Buffer.concat(chunks).toString())) return true;
      return push(chunk, ...rest);
    };
    const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
    response.end = ((...given: unknown[]) => {
      const text = Buffer.isBuffer(given[0]) ? given[0].toString() : String(given[0] ?? '');
      for (const [, value = ''] of text.matchAll(SECRETS)) this.secrets.add(value);
      return end(...given);
    }) as typeof response.end;
  }

  /** Returns false if the issuer must not see the request. */
  #arrived(request: IncomingMessage, response: ServerResponse, body: string): boolean {
    const sent = new URLSearchParams(body);
    for (const name of SENT_SECRETS) for (const value of sent.getAll(name)) this.secrets.add(value);
    const token = sent.get('refresh_token');
    if (request.url !== '/token' || token === null) return true;
    const { remotePort: port = 0, localPort: serverPort = 0 } = request.socket;
    const presented: Presented = {
      ...{ token, port, serverPort },
      atMs: performance.now(),
      ...{ answer: null, next: null },
      wasHit: this.#gone.has(port),
    };
    this.presented.push(presented);
    const plan = this.#plan;
    this.#plan = null;
    const strike = (): void => plan?.blow(presented);
    if (plan?.moment === 'before-the-issuer') {
      strike();
      response.destroy();
      return false;
    }
    if (plan?.moment === 'before-the-answer') strike();
    this.#noteAnswer(response, presented);
    if (plan?.moment === 'after-the-answer') response.once('finish', () => void sleep(Math.random() * 4).then(strike));
    if (plan?.moment === 'around-the-write')
      response.once('finish', () => void sleep(2 + Math.random() * 25).then(strike));
    return true;
  }

  #noteAnswer(response: ServerResponse, presented: Presented): void {
    const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
    response.end = ((...given: unknown[]) => {
      const text = Buffer.isBuffer(given[0]) ? given[0].toString() : String(given[0] ?? '');
      presented.answer = /"error"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? 'tokens';
      presented.next = /"refresh_token"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? null;
      return end(...given);
    }) as typeof response.end;
  }
}

/**
 * Describes all uses of refresh tokens in order, one per line, for the message of a failed assertion. Tokens are
 * numbered in the order in which they appear.
 */
export function describeUses(presented: readonly Presented[]): string {
  const tokens = [...new Set(presented.flatMap(({ token, next }) => [token, next]))];
  const lines = presented.map(({ token, port, atMs, answer, next, wasHit }) => {
    const said = next === null ? (answer ?? 'no answer') : `token ${tokens.indexOf(next)} follows`;
    const use = `token ${tokens.indexOf(token)} from port ${port}: ${said}`;
    return `${Math.round(atMs)} ms: ${use}${wasHit ? ', the process was hit' : ''}`;
  });
  return lines.join('\n');
}

/** Returns each use of a refresh token that was used before. Ignores earlier uses whose answer may not be stored. */
export function doubled(presented: readonly Presented[]): readonly Presented[] {
  return presented.filter(({ token }, at) => presented.slice(0, at).some((one) => one.token === token && !one.wasHit));
}
