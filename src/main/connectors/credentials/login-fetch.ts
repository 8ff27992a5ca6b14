import type { Dispatcher, fetch as UndiciFetch } from 'undici';
import { deadline } from '../../../shared/clock.ts';
import { JsonScanner } from '../../../shared/json/json-scanner.ts';
import { loadUndiciFetch } from '../../http/load-undici.ts';
import { redirectTarget } from '../../http/redirect-target.ts';

/** Time limit for one request of a login, including the body of the response. */
const DEADLINE_MS = 10_000;

const MAX_REDIRECTS = 5;

/** Maximum size of a body, after decompression. */
const MAX_BODY_BYTES = 1024 * 1024;

type Fetch = typeof globalThis.fetch;
type Init = NonNullable<Parameters<typeof UndiciFetch>[1]>;
type Answer = Awaited<ReturnType<typeof UndiciFetch>>;

export interface LoginFetchOptions {
  readonly dispatcher: Dispatcher;
  /** The origin of the connector, and the headers that its entry sends there. */
  readonly home: { readonly origin: string; readonly headers: Readonly<Record<string, string>> };
  /** Aborts every request. */
  readonly signal: AbortSignal;
}

/**
 * Creates a fetch for the requests of a login. The fetch follows redirects only within an origin, and reads the whole
 * body. It rejects bodies over 1 MiB, and JSON that is nested too deep or has too many values.
 */
export function createLoginFetch({ dispatcher, home, signal }: LoginFetchOptions): Fetch {
  const own = async (input: string | URL, init: Init = {}): Promise<Response> => {
    const undiciFetch = await loadUndiciFetch();
    let url = new URL(input);
    const ownHeaders = url.origin === home.origin ? Object.entries(home.headers) : [];
    const headers = new Headers(ownHeaders.filter(([name]) => name.toLowerCase() !== 'authorization'));
    new Headers(init.headers as ConstructorParameters<typeof Headers>[0]).forEach((value, name) => {
      headers.set(name, value);
    });
    const timeout = (): Error => new Error(`${url.origin} did not answer within ${DEADLINE_MS} ms`);
    using limit = deadline(DEADLINE_MS, timeout, signal);
    const sent = { ...init, headers: [...headers] as [string, string][], dispatcher, signal: limit.signal };
    for (let redirects = 0; ; redirects += 1) {
      const answer = await undiciFetch(url, { ...sent, redirect: 'manual' });
      const { status, headers: said } = answer;
      const mayFollow = redirects < MAX_REDIRECTS;
      const next = mayFollow ? redirectTarget(status, said.get('location'), init.method ?? 'GET', url) : null;
      if (next === null) return await wholeOf(answer);
      await answer.body?.cancel();
      url = next;
    }
  };
  return own as unknown as Fetch;
}

async function wholeOf(answer: Answer): Promise<Response> {
  const { status, statusText } = answer;
  const chunks: Uint8Array[] = [];
  const scanner = new JsonScanner();
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new Error(`A response of the login has more than ${MAX_BODY_BYTES} bytes`);
    const fault = scanner.write(chunk);
    if (fault !== null) throw fault;
    chunks.push(chunk);
  }
  const fault = scanner.end();
  if (fault !== null) throw fault;
  const headers = new Headers([...answer.headers]);
  // undici has already decompressed the body.
  headers.delete('content-encoding');
  headers.delete('content-length');
  const isBodiless = status === 204 || status === 205 || status === 304;
  return new Response(isBodiless ? null : Buffer.concat(chunks), { status, statusText, headers });
}
