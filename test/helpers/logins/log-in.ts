import type { ConnectorProxyManager, StartedLogin } from '../../../src/main/index.ts';
import { ScriptedBrowser } from './scripted-browser.ts';

/** Redirect URL of logins. Nothing listens at this URL. */
export const REDIRECT = { redirectUrl: 'http://127.0.0.1:9/callback' } as const;

/** Logs a user in to a connector, through a scripted browser. */
export async function logIn(
  manager: Pick<ConnectorProxyManager, 'startLogin' | 'finishLogin'>,
  connectorId: string,
): Promise<StartedLogin> {
  const started = await manager.startLogin(connectorId, REDIRECT);
  const came = await new ScriptedBrowser().follow(started.authorizationUrl, { stopAt: REDIRECT.redirectUrl });
  await manager.finishLogin(new URL(came.url).searchParams);
  return started;
}
