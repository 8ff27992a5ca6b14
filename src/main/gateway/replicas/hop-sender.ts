import type { Agent } from 'undici';
import { messageOf, SwitchyardError } from '../../../shared/errors.ts';
import type { FleetSealer } from '../../../shared/fleet/fleet-sealer.ts';
import type { FleetHost } from '../../../shared/fleet/fleet-settings.ts';
import { parseForeignJson } from '../../../shared/json/parse-foreign.ts';
import { agentSettings, type TlsSettings } from '../../../shared/net/network.ts';
import { loadUndici } from '../../http/load-undici.ts';
import { neverConnected } from '../../http/network-errors.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import type { HopReports } from './hop-reports.ts';
import type { HopAnswer, HopKind } from './replica-hop.ts';
import { createAnswerKey, type Frame, readFrames } from './wire/answer-frames.ts';
import { HOP_HEADER, HOP_PATH, hopPlace, writeHopHeader } from './wire/hop-header.ts';

/** Timeout for opening a connection, and the time for which an idle connection is kept open. */
const CONNECT_MS = 1_000;
const KEEP_ALIVE_MS = 30_000;

/**
 * Maximum silence of a replica. Replicas send a sign of life every few seconds; a request to a silent replica fails.
 */
const SILENCE_MS = 15_000;

export interface HopSenderOptions {
  /** Id of this replica. */
  readonly hostId: string;
  readonly sealer: FleetSealer;
  /** Certificate authorities to trust for https addresses, in addition to the runtime's own; null for none. */
  readonly tls: TlsSettings | null;
  readonly reports: HopReports;
  readonly silenceMs?: number;
}

/**
 * Sends requests to other replicas, and encrypts each request for its receiver. The connections are used for nothing
 * else.
 */
export class HopSender implements AsyncDisposable {
  readonly #options: HopSenderOptions;
  readonly #agentOptions: Agent.Options;
  #agent: Promise<Agent> | null = null;
  #isDisposed = false;
  #counter = 0;

  constructor(options: HopSenderOptions) {
    const { tls, silenceMs = SILENCE_MS } = options;
    this.#options = options;
    // The setting `servername` is the name of the fleet server, so certificates of replicas must not be checked against
    // it.
    const trusted = tls === null ? null : { ...tls, servername: null };
    const { connect } = agentSettings({ id: 'fleet', tls: trusted, proxy: null });
    this.#agentOptions = {
      connect: { ...connect, timeout: CONNECT_MS },
      ...{ headersTimeout: silenceMs, bodyTimeout: silenceMs },
      ...{ keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS },
    };
  }

  /**
   * Sends a hop and resolves with the head of the response. Rejects with FLEET_HOP_REFUSED if no connection to the
   * replica can be opened, or if the replica refuses the hop. Rejects with FLEET_REPLICA_GONE if the replica ends or
   * falls silent before it responds. Rejects with the reason of `signal` if `signal` aborts.
   */
  async send(
    kind: HopKind,
    { hostId, address }: FleetHost,
    payload: JsonObject,
    signal: AbortSignal,
  ): Promise<HopAnswer> {
    const { sealer, hostId: senderId } = this.#options;
    if (address === null) throw refused('The replica has no address.');
    this.#counter += 1;
    const facts = { kind, senderId, receiverId: hostId, counter: this.#counter };
    const answerKey = createAnswerKey();
    const body = sealer.seal('hop', hopPlace(facts), Buffer.from(JSON.stringify({ ...payload, answerKey })));
    const frames = readFrames(this.#bytesOf(address, facts, body, signal), answerKey, () =>
      this.#options.reports.refused('a response has no valid authentication tag', { replica: hostId }),
    );
    const head = await this.#headOf(frames);
    return { head, body: dataOf(frames) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    const agent = await this.#agent?.catch(() => null);
    await agent?.destroy();
  }

  async #openAgent(): Promise<Agent> {
    const { Agent } = await loadUndici();
    if (this.#isDisposed) throw refused('This gateway is closed.');
    return new Agent(this.#agentOptions);
  }

  /** Yields the bytes of the response. Network failures are turned into coded errors. */
  async *#bytesOf(
    address: string,
    facts: Parameters<typeof writeHopHeader>[0],
    body: Buffer,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer> {
    try {
      // Redirects must not be followed, because the response would come from another server. undici follows none by
      // default.
      this.#agent ??= this.#openAgent();
      const dispatcher = await this.#agent;
      const { request } = await loadUndici();
      const response = await request(new URL(HOP_PATH + facts.kind, address), {
        ...{ method: 'POST', body, signal, dispatcher },
        headers: {
          'content-type': 'application/octet-stream',
          [HOP_HEADER]: writeHopHeader(facts, body.length, this.#options.sealer),
        },
      });
      if (response.statusCode !== 200) {
        response.body.on('error', () => {}).destroy();
        if (response.statusCode !== 403) throw gone(`The other replica responded with HTTP ${response.statusCode}.`);
        this.#options.reports.refused('another replica refused a hop of this replica', { replica: facts.receiverId });
        throw refused('The replica at that address refused the hop.');
      }
      for await (const chunk of response.body) yield chunk as Buffer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof SwitchyardError) throw error;
      if (neverConnected(error)) throw refused('No connection to the other replica could be opened.', error);
      throw gone(`The other replica was lost (${messageOf(error)}). Send the whole request again.`, error);
    }
  }

  async #headOf(frames: AsyncGenerator<Frame>): Promise<JsonObject> {
    for (;;) {
      const { value: frame, done } = await frames.next();
      if (done === true) throw gone('The response of the other replica is empty.');
      if (frame.kind === 'alive') continue;
      const head = frame.kind === 'head' ? parseForeignJson(frame.bytes.toString()) : null;
      if (isObject(head)) return head;
      throw gone('The response of the other replica does not begin with a head.');
    }
  }
}

/** Yields the data of a response. Ending the iteration early ends the request. */
async function* dataOf(frames: AsyncGenerator<Frame>): AsyncGenerator<Buffer> {
  for await (const { kind, bytes } of frames) if (kind === 'data') yield bytes;
}

function refused(message: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('FLEET_HOP_REFUSED', message, cause === undefined ? {} : { cause });
}

function gone(message: string, cause?: unknown): SwitchyardError {
  return new SwitchyardError('FLEET_REPLICA_GONE', message, cause === undefined ? {} : { cause });
}
