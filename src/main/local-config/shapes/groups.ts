import { keyPlace } from '../config-problem.ts';
import { type ConfigNode, memberOf, membersOf, textOf } from '../document/config-node.ts';
import type { ServerNode } from '../entry/entry-draft.ts';
import type { ServerGroup } from './shape.ts';

/**
 * Returns the servers of an object whose keys are their names. A text under a name such as `//` or `_comment` is a
 * comment.
 */
export function groupOf(place: string, node: ConfigNode, folder: string | null = null): ServerGroup {
  const members = membersOf(node).filter(({ name, value }) => value.type === 'object' || !isCommentName(name));
  return {
    place,
    node,
    servers: members.map((member) => ({ ...member, place: keyPlace(place, member.name) })),
    folder,
  };
}

/** Whether a name is commonly used for comments rather than servers. */
export function isCommentName(name: string): boolean {
  return /^(?:_|\$|\/\/)/.test(name);
}

/** Returns one group for each member of the root with that name. A repeated member gives two groups. */
export function groupsAt(root: ConfigNode, name: string): ServerGroup[] {
  return membersOf(root)
    .filter((member) => member.name === name)
    .map(({ value }) => groupOf(name, value));
}

/**
 * Returns the servers of an array. Their names are in the member `name`, or in the member `name` of the block that they
 * reference with `uses`.
 */
export function listedServers(place: string, node: ConfigNode): ServerNode[] {
  const names = new Set<string>();
  return (node.children ?? []).map((value, index) => {
    const key = memberOf(value, 'name') ?? memberOf(value, 'uses') ?? value;
    const name = textOf(key) ?? '';
    const isRepeated = names.has(name);
    names.add(name);
    return { name, place: `${place}[${index}]`, key, value, isRepeated };
  });
}

/** Whether a node looks like a server in any of the common forms: it has a command or an address. */
export function looksLikeServer(node: ConfigNode): boolean {
  return membersOf(node).some(({ name, value }) => REACHING.has(name) && value.type !== 'boolean');
}

const REACHING: ReadonlySet<string> = new Set(['command', 'url', 'serverUrl', 'httpUrl', 'baseUrl', 'transport']);
