import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { warnOfIgnored } from '../../../src/main/options/warn-of-ignored.ts';
import { recordingLogger } from '../../helpers/log.ts';

const warnings = (options: object) => {
  const logger = recordingLogger();
  warnOfIgnored(options, logger);
  return logger.lines.map(({ fields }) => [fields.event, fields.options]);
};

describe('warnOfIgnored()', () => {
  it('warnOfIgnored() reports in one line all unknown options that are set', () => {
    expect(warnings({ configFile: 'x', colour: 1, size: 2, unset: undefined })).toEqual([
      ['options-unknown', ['colour', 'size']],
    ]);
  });

  it('warnOfIgnored() reports the network options that have no effect together with the option `agent`', () => {
    expect(warnings({ agent: {}, tls: {}, proxy: false })).toEqual([['options-overruled', ['tls', 'proxy']]]);
    expect(warnings({ tls: {}, proxy: false })).toEqual([]);
  });

  it('warnOfIgnored() suggests the nearest known option', () => {
    const logger = recordingLogger();
    warnOfIgnored({ configFiles: 'x', utterlyOther: 1 }, logger);
    expect(logger.lines[0]?.message).toContain('configFiles (did you mean configFile?), utterlyOther');
  });

  it('warnOfIgnored() uses process.emitWarning() if there is no logger, once for each message', async () => {
    const emitted = vi.spyOn(process, 'emitWarning');
    const warning = once(process, 'warning');
    warnOfIgnored({ colourOfTheSky: 1 }, null);
    warnOfIgnored({ colourOfTheSky: 1 }, null);
    expect(await warning).toMatchObject([{ code: 'SWITCHYARD_OPTIONS', message: expect.stringContaining('colour') }]);
    expect(emitted).toHaveBeenCalledTimes(1);
    emitted.mockRestore();
  });
});
