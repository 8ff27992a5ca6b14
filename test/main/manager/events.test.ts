import { expect, it } from 'vitest';
import { EventHub } from '../../../src/main/manager/events.ts';
import { recordingLogger } from '../../helpers/log.ts';

const change = { sourceId: 'default', revision: 1, added: [], changed: [], removed: [] };

it('EventHub notifies every listener, even after a listener that throws, and logs the error', () => {
  const logger = recordingLogger();
  const hub = new EventHub(logger);
  const heard: string[] = [];
  hub.on('snapshot', () => {
    throw new Error('bad listener');
  });
  hub.on('snapshot', ({ revision }) => void heard.push(`revision ${revision}`));
  hub.emit('snapshot', change);
  expect([heard, logger.lines.map(({ fields }) => fields.event)]).toEqual([['revision 1'], ['listener-threw']]);
});

it('EventHub does not notify listeners that were removed', () => {
  const hub = new EventHub(recordingLogger());
  const heard: number[] = [];
  const off = hub.on('snapshot', ({ revision }) => void heard.push(revision));
  off();
  hub.on('snapshot', ({ revision }) => void heard.push(revision));
  hub.clear();
  hub.emit('snapshot', change);
  expect(heard).toEqual([]);
});
