import { expect, it } from 'vitest';
import { EventHub } from '../../../src/main/manager/events.ts';
import { recordingLogger } from '../../helpers/log.ts';

const change = { sourceId: 'default', revision: 1, added: [], changed: [], removed: [] };

it('tells every listener, also after one that throws, which is logged', () => {
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

it('tells nobody who has left', () => {
  const hub = new EventHub(recordingLogger());
  const heard: number[] = [];
  const off = hub.on('snapshot', ({ revision }) => void heard.push(revision));
  off();
  hub.on('snapshot', ({ revision }) => void heard.push(revision));
  hub.clear();
  hub.emit('snapshot', change);
  expect(heard).toEqual([]);
});
