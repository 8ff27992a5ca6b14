import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { writeQuickFiles } from '../../../scripts/build-help.ts';
import { runCli } from '../../helpers/cli.ts';
import { TempDir } from '../../helpers/temp-dir.ts';

const run = promisify(execFile);
const module_ = fileURLToPath(new URL('../../../src/main/cli/quick/answer-quickly.ts', import.meta.url));

describe('shell completion without commander', () => {
  it('the fast shell completion, which does not load commander, offers the same words as the full program', {
    timeout: 120_000,
  }, async () => {
    using folder = new TempDir();
    writeQuickFiles(folder.path);
    const asked = [
      ['complete', '--', ''],
      ['complete', '--', 'tools', ''],
      ['complete', '--', 'serve', '--pin-tools', ''],
      ['complete', '--', 'serve', '--m'],
      ['complete', '--', 'serve', '-'],
      ['completion', 'bash'],
    ];
    const code = `import(${JSON.stringify(module_)}).then(async ({ answerQuickly }) => {
      if (!(await answerQuickly(process.argv.slice(1), ${JSON.stringify(`file://${folder.path}/bin.js`)}))) process.exit(9);
    })`;
    for (const argv of asked) {
      const whole = await runCli(argv);
      const { stdout } = await run(process.execPath, ['-e', code, '--', ...argv]);
      expect(stdout, argv.join(' ')).toBe(whole.stdout);
    }
  });
});
