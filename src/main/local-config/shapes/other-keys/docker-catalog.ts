import {
  type ConfigNode,
  environmentNode,
  itemsOf,
  memberOf,
  membersOf,
  textNode,
  textOf,
} from '../../document/config-node.ts';
import type { EntryDraft } from '../../entry/entry-draft.ts';
import { bracedVariables } from '../braced-variables.ts';
import { groupsAt } from '../groups.ts';
import { takeCommonWords } from '../mcp-servers/common-words.ts';
import type { Shape } from '../shape.ts';

/** Members of a catalog that only describe a server. FOR_DOCKER has the members that only Docker's own gateway uses. */
const ABOUT = ['type', 'title', 'ref', 'readme', 'toolsUrl', 'upstream', 'prompts', 'resources', 'secrets', 'tools'];
const FOR_DOCKER = [
  'config',
  'image',
  'volumes',
  'user',
  'disableNetwork',
  'dateAdded',
  'longLived',
  'policy',
  'oauth',
];

/** Matches a placeholder such as `{{slack.team_id}}`. Docker's own gateway asks the user for its value. */
const TEMPLATE = /\{\{[^{}]*\}\}/;

/**
 * The shape of a catalog of Docker's MCP Toolkit: `registry: { name: { image, secrets, env, command } }`. A server is
 * started as `docker run -i --rm image`.
 */
export const dockerCatalog: Shape = {
  find(root) {
    return groupsAt(root, 'registry').filter(({ servers }) =>
      servers.some(({ value }) => memberOf(value, 'image') !== undefined || memberOf(value, 'remote') !== undefined),
    );
  },
  translate(draft, context) {
    const { node } = draft;
    const image = textOf(memberOf(node, 'image'));
    const template = draft.member('remote') === undefined ? templateIn(node) : null;
    if (template !== null) draft.leaveOut('needs values that the gateway of Docker prompts for', template);
    if (draft.says('remote')) takeRemote(draft);
    else if (image === undefined) draft.leaveOut('has neither an image nor a remote');
    else takeImage(draft, image);
    draft.drop(...ABOUT.filter((name) => name !== 'type'), ...FOR_DOCKER);
    takeCommonWords(draft, context);
  },
};

function takeRemote(draft: EntryDraft): void {
  draft.drop('type', 'command', 'env');
  draft.flatten('remote');
  draft.rename('transport_type', 'type');
  draft.rewriteTexts(['url', 'headers'], bracedVariables);
}

function takeImage(draft: EntryDraft, image: string): void {
  const at = memberOf(draft.node, 'image')?.offset ?? draft.node.offset;
  const secrets = itemsOf(memberOf(draft.node, 'secrets')).flatMap((secret) => variable(secret, 'env'));
  const settings = itemsOf(memberOf(draft.node, 'env')).flatMap((setting) => variable(setting, 'name'));
  const words = itemsOf(memberOf(draft.node, 'command'));
  const volumes = itemsOf(memberOf(draft.node, 'volumes')).flatMap((volume) => [textNode('-v', volume.offset), volume]);
  const names = [...secrets, ...settings].flatMap(([name]) => [textNode('-e', at), textNode(name, at)]);
  const run = ['run', '-i', '--rm'].map((word) => textNode(word, at));
  draft.drop('type', 'env', 'command', 'args');
  for (const [name, value] of [...secrets, ...settings]) draft.addTo('env', name, value, 'secrets');
  draft.setNode(
    'args',
    { type: 'array', children: [...run, ...names, ...volumes, textNode(image, at), ...words], offset: at },
    'image',
  );
  draft.set('command', 'docker', 'image');
}

/**
 * Returns the name of the variable that an item defines, with its value. If the item has no value, as for a secret, the
 * value comes from the environment.
 */
function variable(item: ConfigNode, nameMember: 'env' | 'name'): (readonly [string, ConfigNode])[] {
  const name = textOf(memberOf(item, nameMember));
  if (name === undefined) return [];
  const value = nameMember === 'name' ? memberOf(item, 'value') : undefined;
  const text = textOf(value);
  if (text !== undefined) return [[name, textNode(bracedVariables(text), value?.offset ?? item.offset)]];
  return [[name, environmentNode(name, item.offset)]];
}

/** Returns the name of a member that contains a placeholder for Docker's gateway; null if no member does. */
function templateIn(node: ConfigNode): string | null {
  const names = ['command', 'env', 'volumes', 'image'];
  return names.find((name) => TEMPLATE.test(textsIn(memberOf(node, name)))) ?? null;
}

function textsIn(node: ConfigNode | undefined): string {
  if (node === undefined) return '';
  if (node.type === 'array') return itemsOf(node).map(textsIn).join('\n');
  if (node.type === 'object')
    return membersOf(node)
      .map(({ value }) => textsIn(value))
      .join('\n');
  return textOf(node) ?? '';
}
