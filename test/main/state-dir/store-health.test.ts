import { describe, expect, it } from 'vitest';
import { StoreHealth } from '../../../src/main/state-dir/store-health.ts';
import { SwitchyardError } from '../../../src/shared/errors.ts';
import { recordingLogger } from '../../helpers/log.ts';

const failure = new SwitchyardError('STORE_UNAVAILABLE', 'The store is not open.');

describe('StoreHealth', () => {
  it('the store health reports once that nothing can be stored, and again after storing has worked in between', () => {
    const logger = recordingLogger();
    const health = new StoreHealth('/state', logger);
    health.failed(failure);
    health.failed(failure);
    health.works();
    health.failed(failure);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
    expect(health.failure).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('the store health does not report failures caused by closing the store', () => {
    const logger = recordingLogger();
    const health = new StoreHealth('/state', logger);
    health.closing();
    health.failed(failure);
    expect([logger.lines, health.failure]).toEqual([[], null]);
  });
});
