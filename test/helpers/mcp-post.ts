type Json = Readonly<Record<string, unknown>>;

/** The response to a POSTed message. */
export interface Posted {
  readonly status: number;
  readonly headers: Headers;
  /** All received messages, in their order. */
  readonly messages: readonly Json[];
  readonly result: Json;
  readonly error: { readonly code: number; readonly message: string; readonly data?: Json };
}

export interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly id?: number | string;
  readonly signal?: AbortSignal;
}

const VERSION = '2026-07-28';

/** POSTs a message of the legacy protocol. */
export async function postLegacy(
  url: string,
  method: string,
  params: Json = {},
  options: PostOptions = {},
): Promise<Posted> {
  return post(url, { jsonrpc: '2.0', id: options.id ?? 1, method, params }, options);
}

/** POSTs a message of the modern protocol, with the headers and the `_meta` that the protocol requires. */
export async function postModern(
  url: string,
  method: string,
  params: Json = {},
  {
    capabilities = {},
    meta = {},
    ...options
  }: PostOptions & { readonly capabilities?: Json; readonly meta?: Json } = {},
): Promise<Posted> {
  const name = params.name ?? params.uri;
  const headers = {
    'mcp-protocol-version': VERSION,
    'mcp-method': method,
    ...(typeof name === 'string' && { 'mcp-name': name }),
    ...options.headers,
  };
  const whole = { ...params, _meta: { ...envelope(capabilities), ...meta } };
  return post(url, { jsonrpc: '2.0', id: options.id ?? 1, method, params: whole }, { ...options, headers });
}

/** Returns the client information that every modern request contains in its `_meta`. */
export function envelope(capabilities: Json = {}): Json {
  return {
    'io.modelcontextprotocol/protocolVersion': VERSION,
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  };
}

/** POSTs any body, and reads the whole response. */
export async function post(url: string, message: unknown, options: PostOptions = {}): Promise<Posted> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...options.headers,
    },
    body: typeof message === 'string' ? message : JSON.stringify(message),
    ...(options.signal && { signal: options.signal }),
  });
  return read(response);
}

async function read(response: Response): Promise<Posted> {
  const text = await response.text();
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const messages = (isStream ? eventsOf(text) : text === '' ? [] : [JSON.parse(text)]) as Json[];
  const last = (messages.at(-1) ?? {}) as Pick<Posted, 'result' | 'error'>;
  return { status: response.status, headers: response.headers, messages, result: last.result, error: last.error };
}

/** Returns the parsed data of each event in a text. */
export function eventsOf(text: string): Json[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => JSON.parse(line.slice(5)) as Json);
}

/** A session of a legacy client. */
export interface OpenSession {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly call: (method: string, params?: Json, options?: PostOptions) => Promise<Posted>;
  /** Responds to a server request. */
  readonly answer: (id: unknown, result: Json) => Promise<Posted>;
}

export async function openSession(
  url: string,
  capabilities: Json = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<OpenSession> {
  const params = { protocolVersion: '2025-11-25', capabilities, clientInfo: { name: 'test', version: '1' } };
  const initialized = await postLegacy(url, 'initialize', params, { headers });
  const id = initialized.headers.get('mcp-session-id') ?? '';
  const own = { ...headers, 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' };
  await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, { headers: own });
  return {
    id,
    headers: own,
    call: (method, more = {}, options = {}) =>
      postLegacy(url, method, more, { ...options, headers: { ...own, ...options.headers } }),
    answer: (asked, result) => post(url, { jsonrpc: '2.0', id: asked, result }, { headers: own }),
  };
}

/** A stream of events that is read as it arrives. */
export interface OpenStream extends AsyncDisposable {
  readonly status: number;
  readonly messages: Json[];
  /** Resolves once the stream has ended, no matter which side ended it. */
  readonly ended: Promise<void>;
}

/** Opens a stream and reads it continuously. */
export async function openStream(url: string, init: RequestInit): Promise<OpenStream> {
  const abort = new AbortController();
  const response = await fetch(url, { ...init, signal: abort.signal });
  const messages: Json[] = [];
  const reading = (async () => {
    let rest = '';
    for await (const chunk of response.body ?? []) {
      rest += Buffer.from(chunk as Uint8Array).toString();
      const end = rest.lastIndexOf('\n') + 1;
      messages.push(...eventsOf(rest.slice(0, end)));
      rest = rest.slice(end);
    }
  })().catch(() => {});
  return {
    ...{ status: response.status, messages, ended: reading },
    async [Symbol.asyncDispose]() {
      abort.abort();
      await reading;
    },
  };
}

/** POSTs a message, and reads the events of the response as they arrive. */
export function streamPost(url: string, message: Json, headers: Readonly<Record<string, string>>): Promise<OpenStream> {
  return openStream(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(message),
  });
}
