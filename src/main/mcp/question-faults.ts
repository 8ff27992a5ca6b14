import { isObject, type JsonObject, RpcError } from './json-rpc.ts';

const RPC_INVALID_PARAMS = -32_602;

/** Maximum length of a URL that a person is asked to open. Some browsers truncate longer URLs. */
const MAX_URL_LENGTH = 2_048;

/**
 * Throws an RpcError if a request of a server must not be shown to a person. Such a request is an elicitation with a
 * URL that is not http or https, or that hides where it leads (MCP 2025-11-25, elicitation: URL mode, security). The
 * connector gets the error as the response.
 */
export function assertQuestion(method: string, params: JsonObject): void {
  if (method !== 'elicitation/create') return;
  const fault = elicitationFault(params);
  if (fault !== null) throw new RpcError(RPC_INVALID_PARAMS, fault);
}

/** Returns why the URL of an elicitation must not be shown to a person. Null if the URL is acceptable or missing. */
export function elicitationFault({ mode, url }: JsonObject): string | null {
  if (mode !== 'url' && (url === undefined || url === null)) return null;
  if (typeof url !== 'string') return 'The address of an elicitation is missing';
  if (url.length > MAX_URL_LENGTH) return `The address of an elicitation may have at most ${MAX_URL_LENGTH} characters`;
  // URL parsers drop some of these characters. The URL that a person sees would then differ from the URL that opens.
  if (/[\p{C}\p{Z}\\]/u.test(url))
    return 'The address of an elicitation contains spaces, backslashes or control characters';
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:\/\/[^/]/i.test(url)) return 'The address of an elicitation must be http or https';
  return parsed.username + parsed.password === '' && !/^https?:\/\/[^/?#]*@/i.test(url)
    ? null
    : 'The address of an elicitation must not contain credentials';
}

/**
 * Returns the server requests within a result that requires input, by their keys (MCP 2026-07-28, multi round-trip
 * requests).
 */
export function questionsOf({ resultType, inputRequests }: JsonObject): readonly (readonly [string, unknown])[] {
  return resultType === 'input_required' && isObject(inputRequests) ? Object.entries(inputRequests) : [];
}
