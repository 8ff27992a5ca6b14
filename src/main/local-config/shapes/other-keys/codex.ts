import { environmentNode, itemsOf, memberOf, membersOf, textNode, textOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { groupsAt } from '../groups.ts';
import { takeBearerVariable } from '../mcp-servers/mcporter.ts';
import type { Shape } from '../shape.ts';
import { takeTimeout } from '../timeouts.ts';
import { takeToolLists } from '../tool-lists.ts';

/**
 * The shape of Codex: `[mcp_servers.name]` in config.toml. In Codex, `scopes` are the OAuth scopes of a login. The
 * member `scopes` of this package means something else.
 */
export const codex: Shape = {
  find: (root) => groupsAt(root, 'mcp_servers'),
  translate(draft) {
    draft.drop('oauth_resource', 'experimental_environment');
    if (draft.says('url')) draft.rename('scopes', 'oauthScopes');
    draft.drop('scopes');
    draft.rename('http_headers', 'headers');
    takeHeaderVariables(draft);
    takeBearerVariable(draft, 'bearer_token_env_var');
    takeEnvironment(draft);
    takeTimeout(draft, 'startup_timeout_sec', 'connect', 's');
    takeTimeout(draft, 'startup_timeout_ms', 'connect', 'ms');
    takeTimeout(draft, 'tool_timeout_sec', 'call', 's');
    takeToolLists(draft);
  },
};

/** Translates `env_http_headers = { "X-Key" = "NAME" }`: the header gets the value of the environment variable NAME. */
function takeHeaderVariables(draft: EntryDraft): void {
  const node = draft.member('env_http_headers');
  if (node?.type !== 'object') return;
  for (const { name, value } of membersOf(node)) {
    const variable = textOf(value);
    if (variable !== undefined)
      draft.addTo('headers', name, textNode(`\${${variable}}`, value.offset), 'env_http_headers');
  }
  draft.drop('env_http_headers');
}

/**
 * Translates `env_vars = ["NAME", { name = "NAME" }]`, a list of environment variables that the stdio server inherits.
 */
function takeEnvironment(draft: EntryDraft): void {
  const node = draft.member('env_vars');
  if (node?.type !== 'array') return;
  for (const item of itemsOf(node)) {
    const name = textOf(item) ?? textOf(memberOf(item, 'name'));
    if (name !== undefined) draft.addTo('env', name, environmentNode(name, item.offset), 'env_vars');
  }
  draft.drop('env_vars');
}
