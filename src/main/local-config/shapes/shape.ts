import type { ConfigFormat } from '../document/config-format.ts';
import type { ConfigNode } from '../document/config-node.ts';
import type { EntryDraft, ServerNode } from '../entry/entry-draft.ts';

/** What a shape is told besides the file. */
export interface ShapeContext {
  /** The file's root value. */
  readonly root: ConfigNode;
  readonly format: ConfigFormat;
  /** The folder whose own servers count where a file has servers for several; an absolute path. */
  readonly project: string;
}

/** Servers that stand together in a file. */
export interface ServerGroup {
  /** `mcpServers`. */
  readonly place: string;
  /** What they stand in. */
  readonly node: ConfigNode;
  readonly servers: readonly ServerNode[];
  /** Where relative paths start; null for the file's own folder. */
  readonly folder: string | null;
}

/** The form in which one client, or several of one mind, write down their servers. */
export interface Shape {
  /** Finds the servers that are written in this form. Throws nothing: what is not of this form is no group. */
  readonly find: (root: ConfigNode, context: ShapeContext) => readonly ServerGroup[];
  /** Puts one of them into our own words. */
  readonly translate: (draft: EntryDraft, context: ShapeContext) => void;
}
