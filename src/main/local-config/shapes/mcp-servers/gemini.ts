import { type ConfigNode, membersOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { bracedVariables } from '../braced-variables.ts';
import type { ShapeContext } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';

/** Members that only entries of Gemini CLI and its forks have. */
const OF_ENTRIES = ['httpUrl', 'trust', 'includeTools', 'excludeTools', 'authProviderType'];
/** Members that identify the settings.json of Gemini CLI. No other file with `mcpServers` has them. */
const OF_SETTINGS = [
  'selectedAuthType',
  'contextFileName',
  'coreTools',
  'security',
  'general',
  'usageStatisticsEnabled',
];

const TEXTS = ['command', 'args', 'env', 'cwd', 'url', 'httpUrl', 'headers', 'oauth'];

/**
 * Translates entries of Gemini CLI. `httpUrl` means Streamable HTTP, and takes precedence over `url`. In Gemini CLI,
 * `url` used to mean SSE and now means either transport, so Streamable HTTP is tried first. The `timeout` is in
 * milliseconds. Strings may contain `$NAME` and `${NAME}`.
 */
export function takeGemini(draft: EntryDraft, { root }: ShapeContext): void {
  if (hasAny(draft.node, OF_ENTRIES) || hasAny(root, OF_SETTINGS)) {
    takeTimeout(draft, 'timeout', 'call', 'ms');
    draft.rewriteTexts(TEXTS, bracedVariables);
  }
  if (!draft.says('httpUrl')) return;
  draft.drop('url');
  draft.rename('httpUrl', 'url');
  if (!draft.says('type')) draft.set('type', 'streamable-http', 'url');
}

function hasAny(node: ConfigNode, names: readonly string[]): boolean {
  return membersOf(node).some(({ name, value }) => names.includes(name) && value.type !== 'null');
}
