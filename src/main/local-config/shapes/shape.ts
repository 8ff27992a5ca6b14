import type { ConfigFormat } from '../document/config-format.ts';
import type { ConfigNode } from '../document/config-node.ts';
import type { EntryDraft, ServerNode } from '../entry/entry-draft.ts';

/** Facts about the file that a {@link Shape} may use in addition to the server. */
export interface ShapeContext {
  /** Root node of the file. */
  readonly root: ConfigNode;
  readonly format: ConfigFormat;
  /** Absolute path of a folder. If a file has servers for several folders, the servers of this folder are used. */
  readonly project: string;
}

/** A group of servers in a file. */
export interface ServerGroup {
  /** Place of the group, such as `mcpServers`. */
  readonly place: string;
  /** Node that contains all servers of the group. */
  readonly node: ConfigNode;
  readonly servers: readonly ServerNode[];
  /** Base of relative paths; null if they start at the folder of the file. */
  readonly folder: string | null;
}

/** The way in which one client, or several clients with the same format, write servers into a file. */
export interface Shape {
  /**
   * Finds the groups of servers in a file that have this shape. Never throws. Returns an empty list if there are no
   * such servers.
   */
  readonly find: (root: ConfigNode, context: ShapeContext) => readonly ServerGroup[];
  /** Renames the members of a found server to the names that this package uses. */
  readonly translate: (draft: EntryDraft, context: ShapeContext) => void;
}
