import { rootReason, SwitchyardError } from '../../../../../shared/errors.ts';
import { JsonFault } from '../../../../../shared/json/json-limits.ts';
import { parseForeignJson } from '../../../../../shared/json/parse-foreign.ts';
import { classifyFetchError } from '../../../../../shared/net/fetch-errors.ts';
import { neverConnected } from '../../../../http/network-errors.ts';
import { type ForeignObject, isObject, type LoginRequest } from '../discovery-record.ts';
import { invalid } from '../endpoint-rules.ts';

/** The result of the last request of a {@link WatchedFetch}. Its strings are safe to show. */
export interface SeenAnswer {
  /** False if certainly no request has left this machine. */
  readonly isSent: boolean;
  /** The HTTP status of the response; null if there was no response. */
  readonly status: number | null;
  /** The OAuth `error` of the response; null if the response has no such member. */
  readonly error: string | null;
  readonly description: string | null;
  /** The whole body of the response, if the body was a JSON object. */
  readonly body: ForeignObject | null;
}

/** A fetch for the SDK, and a function that reports the last response. */
export interface WatchedFetch {
  readonly fetch: typeof fetch;
  readonly seen: () => SeenAnswer;
}

const NOTHING_SEEN: SeenAnswer = { isSent: false, status: null, error: null, description: null, body: null };

const ERROR_CODE = /^[A-Za-z0-9_.-]{1,64}$/;
const MAX_DESCRIPTION = 200;

/** Maximum length of an error description; a longer description is ignored. */
const MAX_FOREIGN_TEXT = 4_096;

/** Maximum length of a list in a response; further items are ignored. */
const MAX_LISTED = 1_000;

/**
 * Maximum total length of the secrets to look for in a response. If the secrets are longer, no text of the response is
 * shown, because the search would take too long.
 */
const MAX_SECRETS = 256 * 1024;

/** If a response contains this many consecutive characters of a secret, it counts as an echo of the secret. */
const ECHO_LENGTH = 12;

/**
 * Minimum length of a secret that is searched within words. A shorter secret may be part of ordinary words, so it
 * counts as an echo only if it is a whole word.
 */
const WORD_LENGTH = 4;

/** Request parameters that are not secrets. */
const HARMLESS: ReadonlySet<string> = new Set([
  'grant_type',
  'client_id',
  'redirect_uri',
  'resource',
  'scope',
  'token_type_hint',
  'client_assertion_type',
]);

/** Error codes of requests that were never sent, because a TLS handshake failed or a proxy refused. */
const BEFORE_SENDING: ReadonlySet<string> = new Set(['MAP_TLS', 'MAP_PROXY']);

/**
 * Returns a fetch that parses each response within the limits for foreign JSON, and passes only the result of `show` to
 * the SDK. The SDK would otherwise quote bodies in its error messages. `show` gets null if the body is not a JSON
 * object.
 */
export function watchFetch(
  request: LoginRequest,
  show: (body: ForeignObject | null, seen: SeenAnswer) => Response,
): WatchedFetch {
  let last = NOTHING_SEEN;
  const watched = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const wasSent = last.isSent;
    try {
      const response = await request.fetch(input, { ...init, signal: request.signal });
      last = { ...NOTHING_SEEN, isSent: true, status: response.status };
      // The SDK itself follows redirects within the origin.
      if (response.status >= 300 && response.status < 400) return response;
      const body = readObject(await response.text());
      last = { ...last, ...readRefusal(body, secretsOf(init)), body };
      return show(body, last);
    } catch (error) {
      if (last.status === null) last = { ...last, isSent: wasSent || !isUnsent(error) };
      throw error;
    }
  };
  return { fetch: watched, seen: () => last };
}

/** Returns a JSON response for the SDK. */
export function jsonResponse(body: ForeignObject, status: number): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

/**
 * Returns the part of a response that the SDK's schemas get. Members that are null are omitted: some servers write null
 * for absent members, which the schemas do not accept. Lists are truncated, because the schemas would spend seconds on
 * a very long list.
 */
export function presentIn(body: ForeignObject): ForeignObject {
  const present = Object.entries(body).filter(([, value]) => value !== null);
  return Object.fromEntries(
    present.map(([name, value]) => [name, Array.isArray(value) ? value.slice(0, MAX_LISTED) : value]),
  );
}

/**
 * Returns the OAuth error in a response as `error: description`, or the HTTP status if there is no error. The text is a
 * clause without a full stop.
 */
export function refusalWords({ error, description, status }: SeenAnswer): string {
  if (error === null) return status === null ? 'no answer' : `HTTP ${status}`;
  return description === null ? error : `${error}: ${description}`;
}

/** Converts an error to LOGIN_FAILED. Returns a SwitchyardError and the signal's reason unchanged. */
export function asLoginFailure(error: unknown, what: string, signal: AbortSignal | null): unknown {
  if (error instanceof SwitchyardError || (signal?.aborted === true && error === signal.reason)) return error;
  return new SwitchyardError('LOGIN_FAILED', `${what}: ${rootReason(error)}.`, { cause: error });
}

/** Whether a network error shows that a request was never sent. */
function isUnsent(error: unknown): boolean {
  return neverConnected(error) || BEFORE_SENDING.has(classifyFetchError(error));
}

function readObject(text: string): ForeignObject | null {
  try {
    const value = parseForeignJson(text);
    return isObject(value) ? value : null;
  } catch (error) {
    if (error instanceof JsonFault) throw invalid(`The response ${error.message}`);
    return null;
  }
}

/**
 * Returns the cleaned `error` and `error_description` of a response (RFC 6749 section 5.2); null for text that cannot
 * be shown.
 */
export function readRefusal(
  body: ForeignObject | null,
  secrets: readonly string[],
): { readonly error: string | null; readonly description: string | null } {
  const own = ['access_token', 'refresh_token', 'id_token', 'client_secret'].map((name) => body?.[name]);
  const all = [...secrets, ...own.filter((value) => typeof value === 'string')];
  const error = body?.error;
  const isCode = typeof error === 'string' && ERROR_CODE.test(error) && !echoes(error, all);
  return { error: isCode ? error : null, description: cleanDescription(body?.error_description, all) };
}

/** Returns a foreign description as one line of visible ASCII; null if it is missing or holds part of a secret. */
export function cleanDescription(text: unknown, secrets: readonly string[]): string | null {
  if (typeof text !== 'string' || text.length > MAX_FOREIGN_TEXT || echoes(text, secrets)) return null;
  const line = text.replace(/[^\x21-\x7e]+/g, ' ').trim();
  return line === '' ? null : line.length <= MAX_DESCRIPTION ? line : `${line.slice(0, MAX_DESCRIPTION - 3)}...`;
}

/** Whether a string contains a secret, a part of a secret, or a percent-encoded secret. */
function echoes(text: string, secrets: readonly string[]): boolean {
  const given = secrets.filter((secret) => secret !== '');
  if (given.reduce((length, secret) => length + secret.length, 0) > MAX_SECRETS) return true;
  const forms = given.flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed())]);
  const words = text.split(/[^A-Za-z0-9]+/);
  const isIn = (secret: string): boolean => (secret.length < WORD_LENGTH ? words : text).includes(secret);
  if (forms.some(isIn)) return true;
  // A secret must be found even if there are blanks or line breaks within it.
  const dense = text.replace(/[^\x21-\x7e]+/g, '');
  const parts = new Set(partsOf(dense));
  return parts.size > 0 && forms.some((secret) => partsOf(secret).some((part) => parts.has(part)));
}

function* partsOf(text: string): Generator<string, void> {
  for (let at = 0; at + ECHO_LENGTH <= text.length; at += 1) yield text.slice(at, at + ECHO_LENGTH);
}

/** Returns the parts of a request that must never appear in a message. */
function secretsOf({ body, headers }: RequestInit): readonly string[] {
  const parameters = body instanceof URLSearchParams ? [...body] : [];
  const authorization = new Headers(headers).get('authorization');
  const credentials = authorization?.split(' ', 2)[1] ?? '';
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString('latin1')) ?? [];
  return [
    ...parameters.filter(([name]) => !HARMLESS.has(name)).map(([, value]) => value),
    ...(credentials === '' ? [] : [credentials, password]),
  ];
}
