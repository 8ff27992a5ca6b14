import { describe, expect, it } from 'vitest';
import { askerOf, createQuestionIds } from '../../../../src/main/gateway/messages/question-ids.ts';

describe('server request id', () => {
  it('the id of a server request names the replica that sent it, whatever the id of the replica looks like', () => {
    for (const hostId of ['abc', 'a-b_c', '-1-', 'switchyard-1'])
      expect(askerOf(createQuestionIds(hostId).of(12))).toBe(hostId);
  });

  it('the id of a server request names no replica if the gateway belongs to no fleet', () => {
    expect(createQuestionIds(null).of(3)).toBe('switchyard-3');
    for (const id of ['switchyard-3', 'switchyard-', 'other-a-1', 'switchyard-a b-1', 3, null, undefined])
      expect(askerOf(id)).toBe(null);
  });
});
