import { isObject, MODERN_REVISION, RPC_UNSUPPORTED_VERSION, type RpcError } from '../../../mcp/json-rpc.ts';

const REVISION = /\b\d{4}-\d{2}-\d{2}\b/g;

/** Maximum length of the text that is searched for revisions. */
const MAX_LENGTH = 2_048;

/**
 * Whether the refusal of `step` says that the server supports a modern revision. The evidence is a modern revision in
 * the error's list of supported revisions. Without such a list, the evidence is the code -32022, or a message that
 * names a modern revision as supported.
 */
export function namesModern(
  step: string,
  { code, message, data }: Pick<RpcError, 'code' | 'message' | 'data'>,
): boolean {
  const supported = supportedIn(data);
  if (supported !== null) return supported.some(isModern);
  return code === RPC_UNSUPPORTED_VERSION || textNamesModern(step, message);
}

/**
 * Whether an error message says that the server supports a modern revision. Legacy SDKs answer a modern request with
 * "Unsupported protocol version: 2026-07-28 (supported versions: …)". Such a message repeats the requested revision, so
 * only its list of supported versions is examined.
 */
export function textNamesModern(step: string, text: string): boolean {
  const words = text.slice(0, MAX_LENGTH);
  const list = step === 'initialize' ? words : (/(?<!not |un)support(?:ed|s)\b(.*)$/is.exec(words)?.[1] ?? '');
  return (list.match(REVISION) ?? []).some(isModern);
}

/** Returns the revisions that the `data` of an error lists as supported; null if there is no list. */
function supportedIn(data: unknown): readonly unknown[] | null {
  const { supported, supportedVersions } = isObject(data) ? data : {};
  if (Array.isArray(supported)) return supported;
  return Array.isArray(supportedVersions) ? supportedVersions : null;
}

function isModern(revision: unknown): boolean {
  return typeof revision === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(revision) && revision >= MODERN_REVISION;
}
