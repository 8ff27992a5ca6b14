import { codeOf, messageOf } from '../../../../shared/errors.ts';

/** What decides whether a browser of this machine can be opened. */
export interface BrowserEnvironment {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Returns why this machine cannot show a browser to the user; null if it can. Over SSH, the browser would open on the
 * wrong machine.
 */
export function noBrowserBecause({ platform, env }: BrowserEnvironment = process): string | null {
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  if (isSet('SSH_CONNECTION') || isSet('SSH_TTY')) return 'this is an SSH session';
  // WSL runs on Windows, which has a browser.
  const hasDisplay = ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'].some(isSet);
  if (platform !== 'linux' && platform !== 'freebsd' && platform !== 'openbsd') return null;
  return hasDisplay ? null : 'there is no display';
}

/**
 * Opens an https or http address in the user's browser. `onFailure` is called once, with the reason, if the browser
 * process cannot be started or ends with an error. Never rejects.
 */
export async function openBrowser(address: string, onFailure: (why: string) => void): Promise<void> {
  try {
    if (!/^https?:\/\//.test(address)) throw new Error('it is not an http or https URL');
    const { default: open } = await import('open');
    const child = await open(address);
    child.once('error', (error) => onFailure(codeOf(error) ?? 'unknown'));
    child.once('exit', (code) => {
      if (code !== 0) onFailure(`its process ended with ${code ?? 'a signal'}`);
    });
  } catch (error) {
    onFailure(codeOf(error) ?? messageOf(error));
  }
}
