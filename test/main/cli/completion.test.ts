import { describe, expect, it } from 'vitest';
import { quickData } from '../../../scripts/build-help.ts';

const { completion } = quickData();

describe('shell completion', () => {
  it.each(['tools', 'call', 'resources', 'read', 'prompts', 'generate', 'record', 'replay', 'serve'])(
    'shell completion suggests the command %s with its description',
    (name) => {
      expect(completion.find(({ command }) => command === name)?.description).toMatch(/\w+ \w+/);
    },
  );

  it.each([
    ['prompts', 'prompts get'],
    ['generate', 'generate types'],
    ['registry', 'registry add'],
  ])('shell completion suggests the subcommands of %s', (_, command) => {
    expect(completion.map((one) => one.command)).toContain(command);
  });

  it.each([
    ['call', ['via', 'no-via', 'save', 'args', 'call-timeout', 'header', 'bearer-env']],
    ['tools', ['via', 'no-via', 'connector', 'header', 'bearer-env']],
    ['read', ['save', 'header', 'bearer-env']],
    ['serve', ['record', 'allow-private']],
    ['generate types', ['out', 'check']],
    ['replay', ['lenient', 'connector']],
  ])('shell completion suggests the options of %s', (name, options) => {
    const known = completion.find(({ command }) => command === name)?.options.map((option) => option.name);
    expect(known).toEqual(expect.arrayContaining(options));
  });
});
