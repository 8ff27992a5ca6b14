import type { ConfigFormat } from '../document/config-format.ts';
import type { ConfigNode } from '../document/config-node.ts';
import type { EntryDraft, ServerNode } from '../entry/entry-draft.ts';

/** Context of a shape, in addition to the server. */
export interface ShapeContext {
  /** Root value of the file. */
  readonly root: ConfigNode;
  readonly format: ConfigFormat;
  /** Absolute path of the folder whose servers are used if a file has servers for several folders. */
  readonly project: string;
}

/** A group of servers in a file. */
export interface ServerGroup {
  /** Place of the group, such as `mcpServers`. */
  readonly place: string;
  /** Node that contains the servers. */
  readonly node: ConfigNode;
  readonly servers: readonly ServerNode[];
  /** Base of relative paths; null for the folder of the file. */
  readonly folder: string | null;
}

/** Form in which one client, or several with the same format, write their servers. */
export interface Shape {
  /** Finds the servers that are written in this form. Never throws: content in another form gives no group. */
  readonly find: (root: ConfigNode, context: ShapeContext) => readonly ServerGroup[];
  /** Translates one of the servers to the names that this package uses. */
  readonly translate: (draft: EntryDraft, context: ShapeContext) => void;
}
