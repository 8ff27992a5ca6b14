import { describe, expect, it } from 'vitest';
import { noBrowserBecause, openBrowser } from '../../../../../src/main/cli/commands/auth/open-browser.ts';

describe('opening a browser', () => {
  it.each([
    ['opens a browser if there is a display', 'linux', { DISPLAY: ':0' }, null],
    ['opens a browser on Wayland', 'linux', { WAYLAND_DISPLAY: 'wayland-0' }, null],
    ['opens the Windows browser in WSL', 'linux', { WSL_DISTRO_NAME: 'Ubuntu' }, null],
    ['opens no browser if there is no display', 'linux', { DISPLAY: '' }, 'there is no display'],
    [
      'opens no browser over SSH, even if the display is forwarded',
      'linux',
      { DISPLAY: ':10', SSH_CONNECTION: '::1 1 ::1 22' },
      'SSH',
    ],
    ['opens a browser on macOS', 'darwin', {}, null],
    ['opens no browser over SSH on macOS', 'darwin', { SSH_TTY: '/dev/ttys001' }, 'SSH'],
    ['opens a browser on Windows', 'win32', {}, null],
  ] as const)('a login %s', (_, platform, env, reason) => {
    const because = noBrowserBecause({ platform, env });
    if (reason === null) expect(because).toBeNull();
    else expect(because).toContain(reason);
  });

  it('openBrowser() reports a failure for an address that is not a complete http or https URL', async () => {
    const failures: string[] = [];
    for (const address of ['file:///etc/passwd', 'javascript:alert(1)', '-flag', 'https:opaque'])
      await openBrowser(address, (why) => failures.push(why));
    expect(failures).toHaveLength(4);
  });
});
