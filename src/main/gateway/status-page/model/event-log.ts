import type { Clock } from '../../../../shared/clock.ts';
import type { ConnectorState } from '../../../connectors/connector-state.ts';
import type { ConnectorProxyManager } from '../../../manager/connector-proxy-manager.ts';
import type { ManagerEvents } from '../../../manager/events.ts';
import { shownMessage, shownName } from './shown-text.ts';
import { STATES } from './state-words.ts';

/** Something that happened, as people read it. */
export interface EventLine {
  /** Grows by one with every event. */
  readonly seq: number;
  /** Epoch ms. */
  readonly at: number;
  /** What it happened to: a connector, a map, a tool. */
  readonly subject: string;
  readonly what: string;
  readonly detail: string;
  /** The state that a connector went to; null for what is no transition. */
  readonly state: ConnectorState | null;
}

/** Put into words only when somebody looks: thousands of connectors may come up in a second. */
type Told = Omit<EventLine, 'seq' | 'at'>;

interface Entry {
  readonly seq: number;
  readonly at: number;
  readonly tell: () => Told;
}

/** The last events of a manager, bounded. */
export class EventLog {
  readonly #kept: number;
  readonly #entries: Entry[] = [];
  readonly #stops: readonly (() => void)[];
  #seq = 0;

  /** Listens at once, until `close()`. */
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

  /** The number of the newest event; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** What came after the event of that number and is still known, newest first. */
  after(seq: number): readonly EventLine[] {
    return this.#entries
      .filter((entry) => entry.seq > seq)
      .reverse()
      .map(({ tell, ...entry }) => ({ ...entry, ...tell() }));
  }

  /** Listens no longer. Idempotent. */
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
