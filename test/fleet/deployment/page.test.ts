import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../src/main/cli/program.ts';
import { deploymentBlocks } from '../../helpers/deployment/deployment-page.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const page = readFileSync(new URL('../../../docs/deployment.md', import.meta.url), 'utf8');

describe('docs/deployment.md', () => {
  it('each code block of docs/deployment.md has a name and is used by a test', () => {
    const blocks = deploymentBlocks();
    expect(page.match(/^```[a-z]+$/gm)).toHaveLength(blocks.size);
    const tests = readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, 'utf8'));
    const unused = [...blocks.keys()].filter(
      (name) => !tests.some((text) => text.includes(`deploymentBlock('${name}')`)),
    );
    expect(unused).toEqual([]);
  });

  it('docs/deployment.md mentions only options that `serve` has', () => {
    const serve = createProgram(() => {}).commands.find((command) => command.name() === 'serve');
    const known = new Set(serve?.options.flatMap(({ long }) => long ?? []));
    const others = new Set(['--global', '--from-env-file', '--now']);
    const text = page.replaceAll(/^```(dockerfile|sh)\n(?!# \/etc)[\s\S]*?^```$/gm, '');
    const named = [...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([name]) => name);
    expect(named.filter((name) => !known.has(name) && !others.has(name))).toEqual([]);
    expect(named).toContain('--fleet-address');
  });
});
