import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../../../shared/errors.ts';
import { parseForeignJson } from '../../../../shared/json/parse-foreign.ts';
import { isObject, type JsonObject } from '../../../mcp/json-rpc.ts';
import { recordGatewayRefusal } from '../../../observability/instruments.ts';
import type { Logger } from '../../../observability/logger.ts';
import type { HopFleet } from '../../replicas/fleet-hop.ts';
import { HopReports } from '../../replicas/hop-reports.ts';
import type { HopKind } from '../../replicas/replica-hop.ts';
import {
  HOP_HEADER,
  HOP_PATH,
  type HopFacts,
  hopPlace,
  isProven,
  readHopHeader,
} from '../../replicas/wire/hop-header.ts';
import { SeenCounters } from '../../replicas/wire/seen-counters.ts';
import type { BodyBudget } from '../budgets/body-budget.ts';
import { readBody } from '../budgets/read-body.ts';
import { HopResponse } from './hop-response.ts';

/**
 * Handles a hop (a request from another replica) whose sender is verified. A handler writes the answer to `response`,
 * and must not forward the hop again.
 */
export type HopHandler = (payload: JsonObject, response: HopResponse) => Promise<void> | void;

export interface HopEndpointOptions {
  readonly fleet: Pick<HopFleet, 'hostId' | 'sealer'>;
  readonly logger: Logger;
  readonly handlers: Readonly<Record<HopKind, HopHandler>>;
  /** Maximum bytes of a client's message. */
  readonly maxBodyBytes: number;
  readonly bodies: BodyBudget;
}

/**
 * The maximum size of a hop's body is `GROWTH` times that of a client's message, plus `MORE_BYTES` for the other
 * fields. The message may grow, because its JSON is written again for the hop.
 */
const MORE_BYTES = 64 * 1024;
const GROWTH = 2;

/**
 * Body of the response to a refused hop. The connection is closed after this response, so that senders outside of the
 * fleet cannot keep connections open.
 */
const REFUSAL = '{"error":"FLEET_HOP_REFUSED"}\n';

/**
 * Accepts requests that other replicas forward. If the sender does not know a secret of the fleet, the hop is refused
 * before its body is read. All refusals have the same response, whatever the reason.
 */
export class HopEndpoint {
  readonly #options: HopEndpointOptions;
  readonly #seen = new SeenCounters();
  readonly #reports: HopReports;

  constructor(options: HopEndpointOptions) {
    this.#options = options;
    this.#reports = new HopReports(options.logger);
  }

  /** True if the raw target of a request belongs to this endpoint. */
  static isHop(target: string | undefined): boolean {
    return target?.startsWith('/fleet/') === true;
  }

  /** Serves one hop. Never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { logger, handlers } = this.#options;
    try {
      const facts = this.#authenticate(request);
      if (typeof facts === 'string') return this.#refuse(request, response, facts);
      const payload = await this.#read(request, facts);
      if (typeof payload === 'string') return this.#refuse(request, response, payload);
      const answer = new HopResponse(response, String(payload.answerKey));
      answer.on('error', () => {});
      await handlers[facts.kind](payload, answer);
    } catch (error) {
      // The other replica has disconnected.
      if (response.destroyed) return;
      logger.error({ event: 'gateway-failed', err: error }, `A hop between replicas failed: ${messageOf(error)}`);
      response.destroy();
    }
  }

  /**
   * Returns the facts of a hop whose sender is verified, or why the hop is refused. Computes one HMAC for each secret
   * of the fleet. Does not read the body.
   */
  #authenticate({ method, url = '', headers }: IncomingMessage): HopFacts | string {
    const { fleet, handlers, maxBodyBytes } = this.#options;
    const kind = url.slice(HOP_PATH.length);
    if (method !== 'POST' || !url.startsWith(HOP_PATH) || !Object.hasOwn(handlers, kind))
      return 'its method or path is unknown';
    const claim = readHopHeader(headers[HOP_HEADER]);
    if (claim === null) return 'its authentication header is missing or malformed';
    const bytes = Number(headers['content-length'] ?? Number.NaN);
    if (!Number.isSafeInteger(bytes) || bytes > maxBodyBytes * GROWTH + MORE_BYTES) return 'its body is too long';
    const { senderId, counter, proof } = claim;
    const facts: HopFacts = { kind: kind as HopKind, senderId, receiverId: fleet.hostId, counter };
    if (!isProven(facts, bytes, proof, fleet.sealer))
      return 'its authentication header is invalid, or was made for another fleet id, secret or replica';
    // A hop that this replica receives from itself was sent to a wrong address.
    if (senderId === fleet.hostId) return 'it comes from this replica itself';
    return this.#seen.take(senderId, counter) ? facts : 'it was received before';
  }

  async #read(
    request: IncomingMessage,
    facts: HopFacts,
  ): Promise<(JsonObject & { readonly answerKey: string }) | string> {
    const { fleet, maxBodyBytes, bodies } = this.#options;
    const maxBytes = maxBodyBytes * GROWTH + MORE_BYTES;
    const sealed = await readBody(request, `replica ${facts.senderId}`, maxBytes, bodies);
    if (!Buffer.isBuffer(sealed)) return 'there is no room for its body';
    const plain = fleet.sealer.open('hop', hopPlace(facts), sealed);
    if (plain === null) return 'its body was changed';
    const payload = parseForeignJson(plain.toString());
    const isWhole = isObject(payload) && typeof payload.answerKey === 'string';
    return isWhole ? { ...payload, answerKey: payload.answerKey as string } : 'its body is not a valid hop';
  }

  #refuse(request: IncomingMessage, response: ServerResponse, why: string): void {
    recordGatewayRefusal(403);
    // A short body is read and dropped, so that the sender can read the response. A longer body is never read.
    if (Number(request.headers['content-length'] ?? MORE_BYTES) < MORE_BYTES) request.resume();
    this.#reports.refused(why);
    response.writeHead(403, {
      ...{ 'content-type': 'application/json', 'content-length': REFUSAL.length },
      ...{ 'cache-control': 'no-store', connection: 'close' },
    });
    response.end(REFUSAL);
  }
}
