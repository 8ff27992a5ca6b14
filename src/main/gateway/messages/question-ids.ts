/**
 * Ids of server requests from a gateway to its clients. In a fleet, an id contains the id of the replica that waits for
 * the response, because the response may arrive at any other replica.
 */
export interface QuestionIds {
  /** Returns the id of the server request with this number in its session. */
  of(count: number): string;
}

const PREFIX = 'switchyard-';

/** Creates the ids; `hostId` is null without a fleet. */
export function createQuestionIds(hostId: string | null): QuestionIds {
  const prefix = hostId === null ? PREFIX : `${PREFIX}${hostId}-`;
  return { of: (count) => prefix + count };
}

/** Returns the replica that sent the server request with this id; null for an id that contains no replica. */
export function askerOf(id: unknown): string | null {
  const [, hostId = null] =
    (typeof id === 'string' ? /^switchyard-([A-Za-z0-9_-]{1,64})-\d{1,16}$/.exec(id) : null) ?? [];
  return hostId;
}
