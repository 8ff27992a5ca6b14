import { isObject, type JsonObject, RpcError } from './json-rpc.ts';

const RPC_INVALID_PARAMS = -32_602;

/** Maximum length of an address that a person is asked to open. Browsers truncate longer addresses. */
const MAX_URL_LENGTH = 2_048;

/**
 * Throws an RpcError for a server request that must not reach a person. Such a request is an elicitation whose address
 * is neither http nor https, or hides where it leads (MCP 2025-11-25, elicitation: URL mode, security). The error is
 * sent to the connector.
 */
export function assertQuestion(method: string, params: JsonObject): void {
  if (method !== 'elicitation/create') return;
  const fault = elicitationFault(params);
  if (fault !== null) throw new RpcError(RPC_INVALID_PARAMS, fault);
}

/**
 * Returns why the address of an elicitation must not reach a person. Returns null if the address is fine, or there is
 * no address.
 */
export function elicitationFault({ mode, url }: JsonObject): string | null {
  if (mode !== 'url' && (url === undefined || url === null)) return null;
  if (typeof url !== 'string') return 'The address of an elicitation is missing';
  if (url.length > MAX_URL_LENGTH) return `The address of an elicitation may have at most ${MAX_URL_LENGTH} characters`;
  // URL parsers drop some of these characters, so a person would see another address than the one that opens.
  if (/[\p{C}\p{Z}\\]/u.test(url))
    return 'The address of an elicitation contains spaces, backslashes or control characters';
  const parsed = URL.parse(url);
  if (parsed === null || !/^https?:\/\/[^/]/i.test(url)) return 'The address of an elicitation must be http or https';
  return parsed.username + parsed.password === '' && !/^https?:\/\/[^/?#]*@/i.test(url)
    ? null
    : 'The address of an elicitation must not contain credentials';
}

/**
 * Returns the server requests of a result that requires input (MCP 2026-07-28, multi round-trip requests), by their
 * keys.
 */
export function questionsOf({ resultType, inputRequests }: JsonObject): readonly (readonly [string, unknown])[] {
  return resultType === 'input_required' && isObject(inputRequests) ? Object.entries(inputRequests) : [];
}
