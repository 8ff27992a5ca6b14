import { isObject, type JsonObject, RpcError } from './json-rpc.ts';

const RPC_INVALID_PARAMS = -32_602;

/** An address that a person is asked to open has at most this many characters; browsers cut longer ones off. */
const MAX_URL_LENGTH = 2_048;

/**
 * Throws an RpcError for a question that must not reach a person: an elicitation with an address that is not http or
 * https, or that hides where it leads (MCP 2025-11-25, elicitation: URL mode, security). The connector is told.
 */
export function assertQuestion(method: string, params: JsonObject): void {
  if (method !== 'elicitation/create') return;
  const fault = elicitationFault(params);
  if (fault !== null) throw new RpcError(RPC_INVALID_PARAMS, fault);
}

/** Why the address of an elicitation must not reach a person; null if nothing is wrong, or if there is no address. */
export function elicitationFault({ mode, url }: JsonObject): string | null {
  if (mode !== 'url' && (url === undefined || url === null)) return null;
  if (typeof url !== 'string') return 'The address of an elicitation is missing';
  if (url.length > MAX_URL_LENGTH) return `The address of an elicitation has at most ${MAX_URL_LENGTH} characters`;
  // URL parsers drop some of these, and what a person sees is not what is opened.
  if (/[\p{C}\p{Z}\\]/u.test(url))
    return 'The address of an elicitation holds spaces, backslashes or control characters';
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:\/\/[^/]/i.test(url)) return 'The address of an elicitation must be http or https';
  return parsed.username + parsed.password === '' && !/^https?:\/\/[^/?#]*@/i.test(url)
    ? null
    : 'The address of an elicitation must not hold credentials';
}

/** The questions of a result that asks for input (MCP 2026-07-28, multi round-trip requests), by their keys. */
export function questionsOf({ resultType, inputRequests }: JsonObject): readonly (readonly [string, unknown])[] {
  return resultType === 'input_required' && isObject(inputRequests) ? Object.entries(inputRequests) : [];
}
