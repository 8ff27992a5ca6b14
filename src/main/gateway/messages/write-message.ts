import { isObject, type JsonObject, type RpcError } from '../../mcp/json-rpc.ts';
import { SERVER_INFO } from './capabilities.ts';
import { type Outcome, PreparedResult, type RequestId } from './exchange.ts';

const SERVER_INFO_KEY = 'io.modelcontextprotocol/serverInfo';

/** The beginning of the JSON of a {@link PreparedResult} in the modern protocol (MCP 2026-07-28, results). */
const MODERN_HEAD = `{"resultType":"complete","_meta":${JSON.stringify({ [SERVER_INFO_KEY]: SERVER_INFO })}`;

/** Returns the response to a request as JSON, with the fields that its protocol generation requires. */
export function writeResult(id: RequestId, outcome: Exclude<Outcome, symbol>, era: 'legacy' | 'modern'): string {
  const result = era === 'modern' ? modern(outcome) : legacy(outcome);
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

/** Returns an error response; `id` is undefined if the request's id is unknown. */
export function writeError(id: RequestId | undefined, { code, message, data }: RpcError): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } });
}

function modern(outcome: JsonObject | PreparedResult): string {
  if (outcome instanceof PreparedResult) return `${MODERN_HEAD},${outcome.json.slice(1)}`;
  const { _meta, ...rest } = outcome;
  const meta = { ...(isObject(_meta) ? _meta : {}), [SERVER_INFO_KEY]: SERVER_INFO };
  return JSON.stringify({ resultType: 'complete', ...rest, _meta: meta });
}

function legacy(outcome: JsonObject | PreparedResult): string {
  if (outcome instanceof PreparedResult) return outcome.json;
  // A result type that the legacy protocol does not have is passed on unchanged, because only the client may know its
  // meaning.
  if (outcome.resultType !== 'complete') return JSON.stringify(outcome);
  const { resultType: _resultType, _meta, ...rest } = outcome;
  if (!isObject(_meta)) return JSON.stringify(rest);
  const { [SERVER_INFO_KEY]: _serverInfo, ...meta } = _meta;
  return JSON.stringify(Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta });
}
