import { fileURLToPath } from 'node:url';
import type { PeerWorld } from '../../helpers/peer-world.ts';

/** What the tests ask every third-party client to do, through its own API. */
export interface PeerClient extends AsyncDisposable {
  toolNames(): Promise<readonly string[]>;
  /** Resolves with the text of the result. */
  call(name: string, args: Readonly<Record<string, unknown>>): Promise<string>;
  /** Null if the client has no resources. */
  readonly read: ((uri: string) => Promise<string>) | null;
  /** Null if the client has no prompts. */
  readonly prompt: ((name: string) => Promise<string>) | null;
}

export type ConnectPeer = (world: PeerWorld) => Promise<PeerClient>;

const bin = fileURLToPath(new URL('../../../src/main/cli/bin.ts', import.meta.url));

/** Returns the command with which a client starts its own gateway over stdio. */
export function stdioServer({ config }: PeerWorld): { readonly command: string; readonly args: string[] } {
  return { command: process.execPath, args: [bin, 'serve', '--stdio', '--config', config] };
}

/** Returns the text of content, of a prompt's messages or of a resource, whatever types the client uses. */
export function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  const { text, content, contents, messages } = value as Record<string, unknown>;
  return typeof text === 'string' ? text : textOf(content ?? contents ?? messages);
}
