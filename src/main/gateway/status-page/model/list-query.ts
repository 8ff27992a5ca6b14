import type { ConnectorState } from '../../../connectors/connector-state.ts';
import { isState } from './state-words.ts';

const MAX_TEXT_LENGTH = 100;
const MAX_PAGE = 1_000_000;

/** Filter and page number of the connector list. */
export interface ListQuery {
  /** Text that an id, a name, an error code or a similar field must contain; empty for all. */
  readonly text: string;
  readonly state: ConnectorState | null;
  /** Starts at 1. */
  readonly page: number;
}

/** Reads `q`, `state` and `page`. Invalid values count as missing. */
export function parseListQuery(parameters: URLSearchParams): ListQuery {
  const state = parameters.get('state') ?? '';
  const page = Number(parameters.get('page') ?? '1');
  return {
    text: (parameters.get('q') ?? '').trim().slice(0, MAX_TEXT_LENGTH),
    state: isState(state) ? state : null,
    page: Number.isSafeInteger(page) && page >= 1 && page <= MAX_PAGE ? page : 1,
  };
}

/** Returns the address of the page for a query. */
export function listAddress({ text, state, page }: ListQuery): string {
  const parameters = new URLSearchParams();
  if (text !== '') parameters.set('q', text);
  if (state !== null) parameters.set('state', state);
  if (page > 1) parameters.set('page', String(page));
  return parameters.size === 0 ? '/' : `/?${parameters}`;
}
