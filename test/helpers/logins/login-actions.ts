import type { ConnectorProxyManager } from '../../../src/main/index.ts';
import { codeOf, messageOf } from '../../../src/shared/errors.ts';
import { REDIRECT } from './log-in.ts';

/**
 * Actions that a test can run with a manager in its own process or in another process. Each resolves with plain data.
 */
export function loginActions(
  manager: ConnectorProxyManager,
): Readonly<Record<string, (argument: string) => Promise<unknown>>> {
  return {
    sync: async () => manager.sync(),
    state: async (id) => manager.connector(id)?.status?.state ?? null,
    login: async (id) => manager.connector(id)?.status?.lastError?.code ?? null,
    why: async (id) => manager.connector(id)?.status?.lastError?.message ?? null,
    logins: async () => manager.logins(),
    call: async (name) => (await manager.callTool(name)).isError !== true,
    /** Returns why a call to the tool fails; an empty string if the call succeeds. */
    said: async (name) =>
      manager.callTool(name).then(
        () => '',
        (error: unknown) => `${codeOf(error)}: ${messagesOf(error)}`,
      ),
    start: async (id) => manager.startLogin(id, REDIRECT),
    finish: async (parameters) => manager.finishLogin(new URLSearchParams(parameters)),
    logout: async (id) => manager.logout(id),
    close: async () => manager.close(),
  };
}

/** Returns the messages of an error and of its causes. */
function messagesOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const own = `${codeOf(error)} ${messageOf(error)}`;
  return cause === undefined ? own : `${own} < ${messagesOf(cause)}`;
}
