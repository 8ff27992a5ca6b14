import { keyPlace } from '../config-problem.ts';
import { type ConfigNode, memberOf, membersOf, textOf } from '../document/config-node.ts';
import type { ServerNode } from '../entry/entry-draft.ts';
import type { ServerGroup } from './shape.ts';

/**
 * Returns the servers of an object whose keys are the names of the servers. A key such as `//` or `_comment` is a
 * comment, unless its value is an object.
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

/** Whether a name is commonly used for a comment and not for a server. */
export function isCommentName(name: string): boolean {
  return /^(?:_|\$|\/\/)/.test(name);
}

/** Returns one group for each root member with this name. A repeated member gives several groups. */
export function groupsAt(root: ConfigNode, name: string): ServerGroup[] {
  return membersOf(root)
    .filter((member) => member.name === name)
    .map(({ value }) => groupOf(name, value));
}

/** Returns the servers of an array. The name of a server is its member `name` or, without `name`, its member `uses`. */
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

/** Whether a node looks like a server in one of the common shapes: it has a command, an address or a transport. */
export function looksLikeServer(node: ConfigNode): boolean {
  return membersOf(node).some(({ name, value }) => REACHING.has(name) && value.type !== 'boolean');
}

const REACHING: ReadonlySet<string> = new Set(['command', 'url', 'serverUrl', 'httpUrl', 'baseUrl', 'transport']);
