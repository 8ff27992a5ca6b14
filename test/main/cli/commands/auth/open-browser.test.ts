import { describe, expect, it } from 'vitest';
import { noBrowserBecause, openBrowser } from '../../../../../src/main/cli/commands/auth/open-browser.ts';

describe('opening a browser', () => {
  it.each([
    ['a display', 'linux', { DISPLAY: ':0' }, null],
    ['Wayland', 'linux', { WAYLAND_DISPLAY: 'wayland-0' }, null],
    ['WSL, which uses the Windows browser', 'linux', { WSL_DISTRO_NAME: 'Ubuntu' }, null],
    ['no display', 'linux', { DISPLAY: '' }, 'there is no display'],
    ['SSH with a forwarded display', 'linux', { DISPLAY: ':10', SSH_CONNECTION: '::1 1 ::1 22' }, 'SSH'],
    ['macOS', 'darwin', {}, null],
    ['SSH to macOS', 'darwin', { SSH_TTY: '/dev/ttys001' }, 'SSH'],
    ['Windows', 'win32', {}, null],
  ] as const)('whether a login opens a browser depends on the environment: %s', (_, platform, env, reason) => {
    const because = noBrowserBecause({ platform, env });
    if (reason === null) expect(because).toBeNull();
    else expect(because).toContain(reason);
  });

  it('opening a browser fails for addresses other than http and https', async () => {
    const failures: string[] = [];
    for (const address of ['file:///etc/passwd', 'javascript:alert(1)', '-flag', 'https:opaque'])
      await openBrowser(address, (why) => failures.push(why));
    expect(failures).toHaveLength(4);
  });
});
