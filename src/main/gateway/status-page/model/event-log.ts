import type { Clock } from '../../../../shared/clock.ts';
import type { ConnectorState } from '../../../connectors/connector-state.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import type { ManagerEvents } from '../../../manager/events.ts';
import { shownMessage, shownName } from './shown-text.ts';
import { STATES } from './state-words.ts';

/** An event in words. */
export interface EventLine {
  /** Grows by one with every event. */
  readonly seq: number;
  /** Epoch ms. */
  readonly at: number;
  /** Subject of the event: a connector, a map or a tool. */
  readonly subject: string;
  readonly what: string;
  readonly detail: string;
  /** New state of a connector; null for an event that is not a transition. */
  readonly state: ConnectorState | null;
}

/** Text of an event. It is created only when it is read, because thousands of connectors may come up in a second. */
type Told = Omit<EventLine, 'seq' | 'at'>;

interface Entry {
  readonly seq: number;
  readonly at: number;
  readonly tell: () => Told;
}

/** The last events of a manager, up to a maximum number. */
export class EventLog {
  readonly #kept: number;
  readonly #entries: Entry[] = [];
  readonly #stops: readonly (() => void)[];
  #seq = 0;

  /** Listens to the manager until `close()` is called. `kept` is the maximum number of events. */
  constructor(manager: Pick<ConnectorProxyManager, 'on'>, clock: Clock, kept: number) {
    this.#kept = kept;
    const add = (at: number, tell: () => Told): void => this.#add(at, tell);
    this.#stops = [
      manager.on('connector', ({ connectorId, from, to, why, at }) =>
        add(at, () => transition(connectorId, from, to, why)),
      ),
      manager.on('snapshot', ({ sourceId, revision, added, changed, removed }) => {
        const counts = [added.length, changed.length, removed.length] as const;
        add(clock.now(), () => acceptance(sourceId, revision, counts));
      }),
      manager.on('tools', ({ connectorId, added, changed, removed }) => {
        const counts = [added.length, changed.length, removed.length] as const;
        add(clock.now(), () => ({ ...NO_STATE, subject: connectorId, what: 'tools', detail: countsText(counts) }));
      }),
      manager.on('tool-changed', (tool) => add(clock.now(), () => pinned(tool))),
    ];
  }

  /** Number of the newest event; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** Returns the events with a number greater than `seq`, newest first. */
  after(seq: number): readonly EventLine[] {
    return this.#entries
      .filter((entry) => entry.seq > seq)
      .reverse()
      .map(({ tell, ...entry }) => ({ ...entry, ...tell() }));
  }

  /** Stops listening. Idempotent. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #add(at: number, tell: () => Told): void {
    this.#seq += 1;
    this.#entries.push({ seq: this.#seq, at, tell });
    if (this.#entries.length > this.#kept) this.#entries.shift();
  }
}

const NO_STATE = { state: null } as const;

type Counts = readonly [added: number, changed: number, removed: number];

function transition(connectorId: string, from: ConnectorState, to: ConnectorState, why: string): Told {
  const words = [STATES[from].word, STATES[to].word].map((word) => word.toLowerCase());
  return { subject: shownName(connectorId), what: words.join(' → '), detail: shownMessage(why), state: to };
}

function acceptance(sourceId: string, revision: number, counts: Counts): Told {
  return {
    ...NO_STATE,
    subject: `map ${shownName(sourceId)}`,
    what: `revision ${revision}`,
    detail: countsText(counts),
  };
}

function pinned({ name, members, isQuarantined }: ManagerEvents['tool-changed']): Told {
  const held = isQuarantined ? '; held back until approved' : '';
  const detail = `${members.map((member) => shownName(member)).join(', ')}${held}`;
  return { ...NO_STATE, subject: shownName(name), what: 'differs from its pin', detail };
}

function countsText([added, changed, removed]: Counts): string {
  const parts = [
    [added, 'added'],
    [changed, 'changed'],
    [removed, 'removed'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return said.length === 0 ? 'nothing changed' : said.join(', ');
}
