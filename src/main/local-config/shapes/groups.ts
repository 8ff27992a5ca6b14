import { keyPlace } from '../config-problem.ts';
import { type ConfigNode, memberOf, membersOf, textOf } from '../document/config-node.ts';
import type { ServerNode } from '../entry/entry-draft.ts';
import type { ServerGroup } from './shape.ts';

/** The servers of an object whose keys are their names. */
export function groupOf(place: string, node: ConfigNode, folder: string | null = null): ServerGroup {
  return {
    place,
    node,
    servers: membersOf(node).map((member) => ({ ...member, place: keyPlace(place, member.name) })),
    folder,
  };
}

/** The group in each member of the root with that name; one that is there twice is two groups. */
export function groupsAt(root: ConfigNode, name: string): ServerGroup[] {
  return membersOf(root)
    .filter((member) => member.name === name)
    .map(({ value }) => groupOf(name, value));
}

/** The servers of an array, each of which has its name in a member `name`. */
export function listedServers(place: string, node: ConfigNode): ServerNode[] {
  const names = new Set<string>();
  return (node.children ?? []).map((value, index) => {
    const key = memberOf(value, 'name') ?? value;
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
