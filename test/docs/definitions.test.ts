import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DROP_REASONS, REPAIRS } from '../../src/main/mcp/definitions/definition.ts';

const page = readFileSync('docs/gateway-definitions.md', 'utf8');

it('docs/gateway-definitions.md lists how the gateway repairs definitions, and why it leaves a definition out', () => {
  for (const [repair, text] of Object.entries(REPAIRS)) expect(page).toContain(`| \`${repair}\` | ${text} |`);
  for (const [reason, text] of Object.entries(DROP_REASONS)) expect(page).toContain(`| \`${reason}\` | ${text}`);
});
