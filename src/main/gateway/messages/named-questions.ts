import { SwitchyardError } from '../../../shared/errors.ts';
import { isObject, type JsonObject, RpcError } from '../../mcp/json-rpc.ts';
import { assertQuestion, elicitationFault, questionsOf } from '../../mcp/question-faults.ts';

/**
 * Error code: the user has to open an address before the call can succeed (MCP 2025-11-25, URL elicitation required).
 */
export const RPC_URL_ELICITATION_REQUIRED = -32_042;

/** Mark that the gateway writes before the text of a connector, and that a connector must not write itself. */
const MARK = /\[\s*(connector\s+"[^"\]\n]*")\s*\]/giu;
const BEGUN_MARK = /\[(?=\s*connector\b)/giu;

/** Control characters that move the cursor or change the direction of writing, so that a mark could be hidden. */
const HIDING = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Returns a connector's text with the name of the connector in front, for the user who reads it. Similar marks in the
 * text itself are changed, so that one connector cannot impersonate another.
 */
export function namedText(connectorId: string, text: string): string {
  const own = text
    .replace(HIDING, (found) => (found === '\n' || found === '\t' ? found : '\ufffd'))
    .replace(MARK, '($1)')
    .replace(BEGUN_MARK, '(');
  return `[Connector ${JSON.stringify(connectorId)}] ${own}`.trimEnd();
}

/**
 * Returns the parameters of a server request, with the connector named in the text for the user. That text is the
 * message of an elicitation, and the system prompt of a sampling request. Links and Markdown stay. Throws an RpcError
 * as {@link assertQuestion} does.
 */
export function namedQuestion(connectorId: string, method: string, params: JsonObject): JsonObject {
  assertQuestion(method, params);
  const named = (text: unknown): string => namedText(connectorId, typeof text === 'string' ? text : '');
  if (method === 'elicitation/create') return { ...params, message: named(params.message) };
  if (method === 'sampling/createMessage') return { ...params, systemPrompt: named(params.systemPrompt) };
  return params;
}

/**
 * Names the connector in a result that requests input from the client. Any other result stays unchanged. Throws
 * TOOL_CALL_REJECTED for a server request that must not reach a person.
 */
export function withNamedQuestions(connectorId: string, result: JsonObject): JsonObject {
  const questions = questionsOf(result);
  if (questions.length === 0) return result;
  const named = questions.map(([key, question]) => {
    if (!isObject(question) || typeof question.method !== 'string') return [key, question];
    const params = isObject(question.params) ? question.params : {};
    return [key, { ...question, params: refusing(() => namedQuestion(connectorId, String(question.method), params)) }];
  });
  return { ...result, inputRequests: Object.fromEntries(named) };
}

/**
 * Names the connector in an error. If the error requires the user to open addresses first, the addresses are checked.
 */
export function withNamedElicitations(connectorId: string, error: unknown): unknown {
  const cause = error instanceof SwitchyardError ? error.cause : error;
  if (!(cause instanceof RpcError) || cause.code !== RPC_URL_ELICITATION_REQUIRED) return error;
  const { elicitations } = isObject(cause.data) ? cause.data : {};
  if (!Array.isArray(elicitations)) return error;
  const asked = elicitations.filter(isObject);
  const fault = asked.map((each) => elicitationFault({ ...each, mode: 'url' })).find((why) => why !== null);
  if (fault !== undefined) return rejected(fault);
  const named = asked.map((each) => namedQuestion(connectorId, 'elicitation/create', each));
  const data = { ...(cause.data as JsonObject), elicitations: named };
  return new RpcError(cause.code, namedText(connectorId, cause.message), data);
}

function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof RpcError ? rejected(error.message) : error;
  }
}

function rejected(why: string): SwitchyardError {
  return new SwitchyardError(
    'TOOL_CALL_REJECTED',
    `The gateway did not show the connector’s request to the user: ${why}.`,
  );
}
