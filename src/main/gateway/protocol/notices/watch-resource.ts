import { invalidParams } from '../../messages/rpc-errors.ts';
import type { ClientSession } from './client-session.ts';
import type { ResourceWatches } from './resource-watches.ts';

/**
 * Makes a session watch the resource with the URI that its client sent. Rejects with an RpcError if the resource is
 * unknown on the session's route. Also rejects as {@link ClientSession.watch} and {@link ResourceWatches.watch} do.
 */
export async function watchResource(
  session: ClientSession,
  uri: unknown,
  { watches, signal }: { readonly watches: ResourceWatches; readonly signal: AbortSignal },
): Promise<void> {
  const found = typeof uri === 'string' ? session.view.features.resource(uri) : null;
  if (typeof uri !== 'string' || found === null) throw invalidParams('Unknown resource', { uri });
  await session.watch(uri, found.connectorId, () =>
    watches.watch(found.connectorId, found.uri, session.principal, signal),
  );
}
