import { describe, expect, it } from 'vitest';
import { localServer, manageFile } from '../../helpers/local-file.ts';
import { RegistryWorld, registeredProgram } from '../../helpers/registry-world.ts';

const names = (tools: readonly { readonly name: string }[]): string[] => tools.map(({ name }) => name);

describe('the tool filters of a local file', () => {
  it('a local file can limit which tools are listed and callable, with the tool filter syntax of any client', async () => {
    await using local = manageFile({
      copilot: localServer(['copilot'], { tools: ['whoami'] }),
      kiro: localServer(['kiro'], { disabledTools: ['die'] }),
      gemini: localServer(['gemini'], { includeTools: ['whoami', 'die'], excludeTools: ['die'], trust: true }),
      none: localServer(['none'], { tools: [] }),
      all: localServer(['all'], { tools: ['*'] }),
    });
    const { manager } = local;
    await manager.sync();
    expect(names(manager.listTools())).toEqual([
      'all.die',
      'all.slow',
      'all.whoami',
      'copilot.whoami',
      'gemini.whoami',
      'kiro.slow',
      'kiro.whoami',
    ]);
    await expect(manager.callTool('copilot.die')).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    await expect(manager.callTool('copilot.whoami')).resolves.toBeDefined();
  });

  it('a forced sync applies changed tool filters of a local file', async () => {
    await using local = manageFile({ one: localServer(['one'], { tools: ['whoami'] }) });
    await local.manager.sync();
    local.file.write({ one: localServer(['one'], { tools: ['slow'] }) });
    await local.manager.sync(true);
    expect(names(local.manager.listTools())).toEqual(['one.slow']);
  });
});

describe('the tool filters of a registered server', () => {
  it('a registered server can limit which tools are listed, even with the tool filter syntax of Copilot', async () => {
    using world = new RegistryWorld();
    await world.fill(
      registeredProgram('copilot', { tools: ['whoami'] }),
      registeredProgram('ours', { tools: { deny: ['die', 'slow'] } }),
    );
    await using managed = world.manage();
    await managed.manager.sync();
    expect(names(managed.manager.listTools())).toEqual(['copilot.whoami', 'ours.whoami']);
  });
});
