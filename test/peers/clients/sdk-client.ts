import type { PeerClient } from './peer-client.ts';

/** What only clients of the official SDK are asked to do. */
export interface SdkClient extends PeerClient {
  /** The era that was agreed on. */
  era(): string | undefined;
  /** How often it was told that tools changed. */
  toolChanges(): number;
  call(name: string, args: Readonly<Record<string, unknown>>, options?: SdkCallOptions): Promise<string>;
}

interface SdkCallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { readonly progress: number }) => void;
}

interface Asked {
  readonly messages: readonly unknown[];
}

/** What a client answers when it is asked: its model says whose it is and repeats what it was told, its user fills the form in. */
export const ANSWERS = {
  sampling: (owner: string, { messages }: Asked) => ({
    model: 'parrot',
    role: 'assistant' as const,
    content: { type: 'text' as const, text: `The model of ${owner} heard: ${JSON.stringify(messages)}` },
  }),
  elicitation: (owner: string) => ({
    action: 'accept' as const,
    content: { username: owner, email: `${owner}@example.com` },
  }),
};
