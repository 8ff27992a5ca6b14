import { describe, expect, it } from 'vitest';
import { ToolPins } from '../../../src/main/tools/tool-pins.ts';
import { recordingLogger } from '../../helpers/log.ts';

const change = (sha256: string) => ({
  connectorId: 'c',
  tool: 't',
  members: ['description'],
  pinnedSha256: 'first',
  sha256,
  pinnedAtMs: 0,
});

describe('report of a tool that differs', () => {
  it('a tool that differs from its pin is reported only if its definition has changed since the last report', () => {
    const told: string[] = [];
    const pins = new ToolPins({
      policy: 'warn',
      logger: recordingLogger(),
      onChanged: ({ sha256 }) => told.push(sha256),
    });
    for (const sha256 of ['a', 'a', 'b', 'b', 'a']) pins.note('c', [change(sha256)]);
    pins.note('c', []);
    pins.note('c', [change('a')]);
    expect(told).toEqual(['a', 'b', 'a']);
  });
});
