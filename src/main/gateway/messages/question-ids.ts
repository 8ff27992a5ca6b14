/**
 * Ids of the questions that a gateway asks its clients. In a fleet they name the replica that waits for the answer,
 * since the answer may come in at any other.
 */
export interface QuestionIds {
  /** The id of the question of that number within its session. */
  of(count: number): string;
}

const PREFIX = 'switchyard-';

/** `hostId` is null without a fleet. */
export function createQuestionIds(hostId: string | null): QuestionIds {
  const prefix = hostId === null ? PREFIX : `${PREFIX}${hostId}-`;
  return { of: (count) => prefix + count };
}

/** The replica that asked a question of that id; null for an id that names none. */
export function askerOf(id: unknown): string | null {
  const [, hostId = null] =
    (typeof id === 'string' ? /^switchyard-([A-Za-z0-9_-]{1,64})-\d{1,16}$/.exec(id) : null) ?? [];
  return hostId;
}
