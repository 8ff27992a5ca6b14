import { itemsOf, textNode, textOf } from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { looksLikeCommandLine, shellWords } from '../../entry/shell-words.ts';

/**
 * Translates the members of mcporter: `baseUrl`, `bearerToken` and `bearerTokenEnv`. Also translates `$env:NAME` in
 * strings.
 */
export function takeMcporter(draft: EntryDraft): void {
  for (const name of ['baseUrl', 'base_url']) draft.rename(name, 'url');
  if (draft.text('url') === '') draft.drop('url');
  for (const name of ['bearerToken', 'bearer_token']) takeBearer(draft, name, (token) => `Bearer ${token}`);
  for (const name of ['bearerTokenEnv', 'bearer_token_env']) takeBearerVariable(draft, name);
  draft.rewriteTexts(['headers', 'env', 'oauthClientSecret'], (text) =>
    text.replace(/\$env:([A-Za-z_]\w*)/g, (_, name) => `\${${name}}`),
  );
}

/**
 * Adds a header `Authorization` with a bearer token. The token is the value of the environment variable whose name is
 * in member `name`.
 */
export function takeBearerVariable(draft: EntryDraft, name: string): void {
  takeBearer(draft, name, (variable) => `Bearer \${${variable}}`);
}

function takeBearer(draft: EntryDraft, name: string, headerOf: (text: string) => string): void {
  const node = draft.member(name);
  const text = textOf(node);
  if (node !== undefined && text) draft.addTo('headers', 'Authorization', textNode(headerOf(text), node.offset), name);
  if (text !== undefined || node?.type === 'null') draft.drop(name);
}

/** Splits a `command` that is a list of an executable and its arguments. mcporter and OpenCode write such lists. */
export function takeCommandList(draft: EntryDraft): void {
  const node = draft.member('command');
  if (node?.type !== 'array') return;
  const [program, ...words] = itemsOf(node);
  if (program === undefined) {
    draft.drop('command');
    return;
  }
  const more = itemsOf(draft.member('args'));
  if (more.length === 0) draft.setNode('args', { ...node, children: words }, 'command', 1);
  else draft.setNode('args', { ...node, children: [...words, ...more] }, 'args');
  draft.setNode('command', program);
}

/**
 * Splits a `command` that contains an executable and its arguments in one string, as in mcporter, Goose and Chaterm. If
 * `isUsual` is false, a warning tells the author to use `args`. The string is never passed to a shell. A string that
 * only a shell can interpret is not split, and is reported as an error later.
 */
export function takeCommandLine(draft: EntryDraft, isUsual: boolean): void {
  const node = draft.member('command');
  const text = textOf(node);
  if (node === undefined || text === undefined || !looksLikeCommandLine(text)) return;
  const words = shellWords(text);
  const [program, ...more] = words ?? [];
  if (program === undefined || itemsOf(draft.member('args')).length > 0) return;
  if (!isUsual) draft.warn('command', 'contains arguments: put them into args. They are split at the spaces');
  const args = more.map((word) => textNode(word, node.offset));
  draft.setNode('args', { type: 'array', children: args, offset: node.offset }, 'command', 1);
  draft.setNode('command', textNode(program, node.offset));
}
