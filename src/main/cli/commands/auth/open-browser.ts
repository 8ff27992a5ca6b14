import { codeOf, messageOf } from '../../../../shared/errors.ts';

/** The properties of the process that show whether a browser can be opened. */
export interface BrowserEnvironment {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Returns the reason why no browser can be opened for the user; null if a browser can be opened. In an SSH session, the
 * browser would open on the remote machine.
 */
export function noBrowserBecause({ platform, env }: BrowserEnvironment = process): string | null {
  const isSet = (name: string): boolean => (env[name] ?? '') !== '';
  if (isSet('SSH_CONNECTION') || isSet('SSH_TTY')) return 'this is an SSH session';
  // Under WSL, the browser of Windows is used.
  const hasDisplay = ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'].some(isSet);
  if (platform !== 'linux' && platform !== 'freebsd' && platform !== 'openbsd') return null;
  return hasDisplay ? null : 'there is no display';
}

/**
 * Opens an https or http address in the user's browser. Calls `onFailure` once, with the reason, if the browser cannot
 * be started or its process ends with an error. Never rejects.
 */
export async function openBrowser(address: string, onFailure: (why: string) => void): Promise<void> {
  try {
    if (!/^https?:\/\//.test(address)) throw new Error('the address is not an http or https URL');
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
