import type { Cancellation } from '../../../shared/cancellation.ts';
import { linkSignals, raceSignal, systemSleep } from '../../../shared/clock.ts';
import { isObject, type JsonObject } from '../../mcp/json-rpc.ts';
import { UnusableAnswer } from '../connection/failure.ts';

/** Maximum number of times a server may request more input before the call fails. */
const MAX_ROUNDS = 10;

/** Delay before repeating a request that the server deferred without requesting input. */
const PUT_OFF_MS = 250;

/** Asks the host for the answer to one request from a server. */
export type AnswerInput = (method: string, params: JsonObject, signal: AbortSignal) => Promise<JsonObject>;

/**
 * Repeats a request until the server no longer requests input (`resultType: input_required`; MCP 2026-07-28, multi
 * round-trip requests). `first` is the first response, which requests input. In each round, the host provides the
 * input, and the request is sent again with this input and the server's unchanged state. Rejects as `send` and `answer`
 * do. Also rejects with the reason of the first of `signals` that aborts while the host provides input.
 */
export async function throughInputRounds(
  first: JsonObject,
  params: JsonObject,
  send: (params: JsonObject) => Promise<JsonObject>,
  answer: AnswerInput,
  ...signals: readonly Cancellation[]
): Promise<JsonObject> {
  let result = first;
  using link = linkSignals(...signals);
  const { signal } = link;
  for (let round = 0; result.resultType === 'input_required'; round += 1) {
    if (round === MAX_ROUNDS) throw new UnusableAnswer(`it asked for input more than ${MAX_ROUNDS} times`);
    const { inputRequests, requestState } = result;
    const asked = Object.entries(isObject(inputRequests) ? inputRequests : {});
    if (asked.length === 0) await systemSleep(PUT_OFF_MS, signal);
    const answering = asked.map(async ([key, request]) => [key, await one(request, answer, signal)] as const);
    // The host may ignore the signal, so this function does not wait for the host after an abort.
    const answers = await raceSignal(Promise.all(answering), signal);
    result = await send({
      ...params,
      ...(answers.length > 0 && { inputResponses: Object.fromEntries(answers) }),
      ...(requestState !== undefined && { requestState }),
    });
  }
  return result;
}

function one(request: unknown, answer: AnswerInput, signal: AbortSignal): Promise<JsonObject> {
  if (!isObject(request) || typeof request.method !== 'string')
    throw new UnusableAnswer('its input request is malformed');
  return answer(request.method, isObject(request.params) ? request.params : {}, signal);
}
