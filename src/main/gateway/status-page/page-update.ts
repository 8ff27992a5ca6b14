import type { StatusModel } from './model/status-reader.ts';
import { type Block, blocksOf, stampOf } from './view/page-blocks.ts';
import { ONLOOKER, type PageViewer } from './view/page-viewer.ts';
import { announcement, renderEvent } from './view/render-events.ts';

/** What a page that is open is told, as data of a server-sent event. Markup in it is escaped already. */
export interface PageUpdate {
  /** The server's clock, epoch ms. */
  readonly at: number;
  /** Parts by name, rows by connector id: those that say something else than before. */
  readonly parts: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, string>>;
  /** The ids of all rows in their order; null where that is as it was. */
  readonly order: readonly string[] | null;
  /** New events, newest first. */
  readonly events: readonly string[];
  readonly announcement: string;
}

/** What a page that is open says by now, so that only what is new is sent. */
export class PageState {
  /** By kind and key. Texts are shared by all who see the same. */
  #said: ReadonlyMap<string, string> = new Map();
  #order = '';
  readonly #viewer: PageViewer;
  #seq: number;

  /** `seq` is the number of the last event that it shows. */
  constructor(seq: number, viewer: PageViewer = ONLOOKER) {
    this.#seq = seq;
    this.#viewer = viewer;
  }

  /** The number of the last event that it shows. */
  get seq(): number {
    return this.#seq;
  }

  /** Takes it for a page that was just made from this model, if its stamp says that. */
  adopt(model: StatusModel, stamp: string): void {
    const blocks = blocksOf(model, this.#viewer);
    if (stampOf(blocks) !== stamp) return;
    this.#said = new Map(blocks.map(({ kind, key, saying }) => [`${kind} ${key}`, saying]));
    this.#order = orderOf(model).join(' ');
  }

  /** What is to be sent so that it shows this model; null for nothing. Counts as sent. */
  advance(model: StatusModel): PageUpdate | null {
    const blocks = blocksOf(model, this.#viewer);
    const news = blocks.filter(({ kind, key, saying }) => this.#said.get(`${kind} ${key}`) !== saying);
    const ids = orderOf(model);
    const isOrdered = this.#order === ids.join(' ');
    const events = model.events.filter(({ seq }) => seq > this.#seq);
    this.#said = new Map(blocks.map(({ kind, key, saying }) => [`${kind} ${key}`, saying]));
    this.#order = ids.join(' ');
    this.#seq = model.events[0]?.seq ?? this.#seq;
    if (news.length === 0 && isOrdered && events.length === 0) return null;
    return {
      at: model.at,
      parts: markupOf(news, 'part'),
      rows: markupOf(news, 'row'),
      order: isOrdered ? null : ids,
      events: events.map((event) => renderEvent(event).toString()),
      announcement: announcement(events),
    };
  }
}

/** By key; also one like `__proto__` is a key as any other. */
function markupOf(blocks: readonly Block[], kind: Block['kind']): Readonly<Record<string, string>> {
  const wanted = blocks.filter((block) => block.kind === kind);
  return Object.fromEntries(wanted.map(({ key, render }) => [key, render().toString()]));
}

function orderOf({ connectors }: StatusModel): readonly string[] {
  return connectors.rows.map(({ id }) => id);
}
