import { expect, it } from 'vitest';
import { createIdleProcessors } from '../../../../src/main/connectors/bring-up/idle-processors.ts';

it('createIdleProcessors() measures the share of processor time that was idle since the last call', () => {
  const busy = { user: 0, nice: 0, sys: 0, irq: 0 };
  let times = [{ times: { ...busy, idle: 1_000 } }, { times: { ...busy, idle: 0, user: 500 } }];
  const idle = createIdleProcessors(() => times);
  times = [{ times: { ...busy, idle: 1_250 } }, { times: { ...busy, idle: 0, user: 600, sys: 100, irq: 50 } }];
  expect(idle.take()).toBe(0.5);
  expect(idle.take()).toBe(0);
  idle.begin();
  times = [{ times: { ...busy, idle: 2_250 } }, { times: { ...busy, idle: 0, user: 600, sys: 100, irq: 50 } }];
  expect(idle.take()).toBe(1);
});

it('createIdleProcessors() measures a share from 0 to 1 on this machine', () => {
  const share = createIdleProcessors().take();
  expect(share).toBeGreaterThanOrEqual(0);
  expect(share).toBeLessThanOrEqual(1);
});
