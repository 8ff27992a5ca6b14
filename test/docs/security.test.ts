import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/security.md');
const rows = page.split('\n').filter((line) => /^\|.*test\//.test(line));

describe('docs/security.md', () => {
  it('docs/security.md names an existing test file for each promise', () => {
    const promises = page.split('## Not promised')[0]?.split('| promise | kept by |').slice(1).join('') ?? '';
    const unkept = promises.split('\n').filter((line) => line.startsWith('| ') && !line.includes('---'));
    expect(unkept.filter((line) => !line.includes('`test/'))).toEqual([]);
    const named = rows.flatMap((row) => [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path));
    expect(named.length).toBeGreaterThan(40);
    const missing = named.filter((path) => !existsSync(new URL(`../../${path}`, import.meta.url)));
    expect(missing).toEqual([]);
  });

  it('docs/security.md has a row for each known attack', () => {
    const attacks = [...Array.from({ length: 12 }, (_, index) => `A${index + 1}`), 'G6'];
    const text = rows.join('\n');
    expect(attacks.filter((name) => !new RegExp(`\\(${name}\\)`).test(text))).toEqual([]);
  });

  it('the readme links to docs/security.md, and SECURITY.md explains how to report a vulnerability', () => {
    expect(read('README.md')).toContain('docs/security.md');
    expect(read('SECURITY.md')).toContain('docs/security.md');
    expect(read('SECURITY.md')).toMatch(/^## Reporting a vulnerability/m);
  });
});
