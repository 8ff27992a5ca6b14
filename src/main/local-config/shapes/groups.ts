import { keyPlace } from '../config-problem.ts';
import { type ConfigNode, memberOf, membersOf, textOf } from '../document/config-node.ts';
import type { ServerNode } from '../entry/entry-draft.ts';
import type { ServerGroup } from './shape.ts';

/** The servers of an object whose keys are their names. A text under a name such as `//` or `_comment` is a comment. */
export function groupOf(place: string, node: ConfigNode, folder: string | null = null): ServerGroup {
  const members = membersOf(node).filter(({ name, value }) => value.type === 'object' || !isCommentName(name));
  return {
    place,
    node,
    servers: members.map((member) => ({ ...member, place: keyPlace(place, member.name) })),
    folder,
  };
}

/** Whether people give that name to what is no server. */
export function isCommentName(name: string): boolean {
  return /^(?:_|\$|\/\/)/.test(name);
}

/** The group in each member of the root with that name; one that is there twice is two groups. */
export function groupsAt(root: ConfigNode, name: string): ServerGroup[] {
  return membersOf(root)
    .filter((member) => member.name === name)
    .map(({ value }) => groupOf(name, value));
}

/** The servers of an array, each of which has its name in a member `name`, or in that of what it `uses`. */
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

/** Whether a node looks like a server in any of the common words: it says what to run or where to go. */
export function looksLikeServer(node: ConfigNode): boolean {
  return membersOf(node).some(({ name, value }) => REACHING.has(name) && value.type !== 'boolean');
}

const REACHING: ReadonlySet<string> = new Set(['command', 'url', 'serverUrl', 'httpUrl', 'baseUrl', 'transport']);
