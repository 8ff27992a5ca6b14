import { isObject, MODERN_REVISION, RPC_UNSUPPORTED_VERSION, type RpcError } from '../../../mcp/json-rpc.ts';

const REVISION = /\b\d{4}-\d{2}-\d{2}\b/g;

/** Only so much of a text is looked at. */
const MAX_LENGTH = 2_048;

/**
 * Whether the refusal of `step` says that the server speaks a modern revision: the code -32022, unless it lists older
 * revisions alone, or a modern revision among those that it supports.
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
 * The same of a text. SDKs of the legacy era answer "Unsupported protocol version: 2026-07-28 (supported versions: …)"
 * to a modern request, which repeats what was asked for: only the list counts there.
 */
export function textNamesModern(step: string, text: string): boolean {
  const words = text.slice(0, MAX_LENGTH);
  const list = step === 'initialize' ? words : (/(?<!not |un)support(?:ed|s)\b(.*)$/is.exec(words)?.[1] ?? '');
  return (list.match(REVISION) ?? []).some(isModern);
}

/** The revisions that the `data` of an error lists; null where it lists none. */
function supportedIn(data: unknown): readonly unknown[] | null {
  const { supported, supportedVersions } = isObject(data) ? data : {};
  if (Array.isArray(supported)) return supported;
  return Array.isArray(supportedVersions) ? supportedVersions : null;
}

function isModern(revision: unknown): boolean {
  return typeof revision === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(revision) && revision >= MODERN_REVISION;
}
