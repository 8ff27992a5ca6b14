import type { PeerClient } from './peer-client.ts';

/** What the tests ask only clients of the official SDK to do. */
export interface SdkClient extends PeerClient {
  /** The negotiated protocol generation. */
  era(): string | undefined;
  /** Number of notifications of changed tools. */
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

/** Responses to server requests: the model names its owner and repeats its messages, and the user fills in the form. */
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
