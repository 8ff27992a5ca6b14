import { resolve } from 'node:path';
import { keyPlace } from '../../config-problem.ts';
import {
  type ConfigNode,
  itemsOf,
  memberOf,
  membersOf,
  nodeOf,
  propertyNode,
  textNode,
  textOf,
} from '../../document/config-node.ts';
import type { ServerNode } from '../../entry/entry-draft.ts';
import { groupOf, groupsAt } from '../groups.ts';
import type { ServerGroup } from '../shape.ts';

/**
 * Returns the servers of `~/.claude.json`: first the servers of the folder `project`, then the servers for all folders.
 * A server of the folder replaces a server of the same name for all folders. Returns null if the file does not have the
 * shape of `~/.claude.json`.
 */
export function claudeGroups(root: ConfigNode, project: string): ServerGroup[] | null {
  const projects = memberOf(root, 'projects');
  if (projects?.type !== 'object' || !membersOf(projects).every(({ value }) => value.type === 'object')) return null;
  const found = membersOf(projects).find(({ name }) => resolve(name) === project);
  const own = found === undefined ? undefined : memberOf(found.value, 'mcpServers');
  const place = found === undefined ? '' : `${keyPlace('projects', found.name)}.mcpServers`;
  const local = own === undefined ? [] : [groupOf(place, own, project)];
  const off = new Set(itemsOf(memberOf(found?.value, 'disabledMcpServers')).map(textOf));
  const taken = new Set(local.flatMap(({ servers }) => servers.map(({ name }) => name)));
  const users = groupsAt(root, 'mcpServers').map((group) => ({
    ...group,
    servers: group.servers.filter(({ name }) => !taken.has(name)),
  }));
  const all = [...local, ...users].map((group) => ({
    ...group,
    servers: group.servers.map((server) => (off.has(server.name) ? switchedOff(server) : server)),
  }));
  return all.length > 0 ? all : [{ place: 'mcpServers', node: root, servers: [], folder: null }];
}

function switchedOff(server: ServerNode): ServerNode {
  const { value } = server;
  const offset = value.offset;
  const others = (value.children ?? []).filter(({ children: [key] = [] }) => key?.value !== 'disabled');
  const disabled = propertyNode(textNode('disabled', offset), nodeOf(true, offset));
  return value.type === 'object' ? { ...server, value: { ...value, children: [...others, disabled] } } : server;
}
