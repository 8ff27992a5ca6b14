import type { PeerClient } from './peer-client.ts';

/** What the tests ask only clients of the official SDK to do. */
export interface SdkClient extends PeerClient {
  /** Returns the negotiated protocol generation, such as `legacy`. */
  era(): string | undefined;
  /** Returns the number of notifications about changed tools. */
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

/** Responses to server requests. Sampling returns the owner and the messages, and elicitation fills in the form. */
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
