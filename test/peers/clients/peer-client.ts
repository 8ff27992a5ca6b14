import { fileURLToPath } from 'node:url';
import type { PeerWorld } from '../../helpers/peer-world.ts';

/** What every client of others is asked to do, in its own words. */
export interface PeerClient extends AsyncDisposable {
  toolNames(): Promise<readonly string[]>;
  /** The text of the result. */
  call(name: string, args: Readonly<Record<string, unknown>>): Promise<string>;
  /** Null where the client has no resources. */
  readonly read: ((uri: string) => Promise<string>) | null;
  /** Null where the client has no prompts. */
  readonly prompt: ((name: string) => Promise<string>) | null;
}

export type ConnectPeer = (world: PeerWorld) => Promise<PeerClient>;

const bin = fileURLToPath(new URL('../../../src/main/cli/bin.ts', import.meta.url));

/** How a client starts a gateway of its own over standard streams. */
export function stdioServer({ config }: PeerWorld): { readonly command: string; readonly args: string[] } {
  return { command: process.execPath, args: [bin, 'serve', '--stdio', '--config', config] };
}

/** The texts of content, of a prompt's messages or of a resource, whatever the types of the client call them. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  const { text, content, contents, messages } = value as Record<string, unknown>;
  return typeof text === 'string' ? text : textOf(content ?? contents ?? messages);
}
