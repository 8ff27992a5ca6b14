import type { StatusModel } from './model/status-reader.ts';
import { type Block, blocksOf, stampOf } from './view/page-blocks.ts';
import { ONLOOKER, type PageViewer } from './view/page-viewer.ts';
import { announcement, renderEvent } from './view/render-events.ts';

/** Update of an open page, as data of a server-sent event. All markup in it is escaped. */
export interface PageUpdate {
  /** The server's clock, epoch ms. */
  readonly at: number;
  /** Changed parts by name, and changed rows by connector id. */
  readonly parts: Readonly<Record<string, string>>;
  readonly rows: Readonly<Record<string, string>>;
  /** Ids of all rows in order; null if the order did not change. */
  readonly order: readonly string[] | null;
  /** New events, newest first. */
  readonly events: readonly string[];
  readonly announcement: string;
}

/** Content of an open page. It is remembered, so that only changes are sent. */
export class PageState {
  /** Content of each part and row that was sent, by kind and key. */
  #said: ReadonlyMap<string, string> = new Map();
  #order = '';
  readonly #viewer: PageViewer;
  #seq: number;

  /** `seq` is the number of the last event that the page shows. */
  constructor(seq: number, viewer: PageViewer = ONLOOKER) {
    this.#seq = seq;
    this.#viewer = viewer;
  }

  /** Number of the last event that the page shows. */
  get seq(): number {
    return this.#seq;
  }

  /** Records that the page was rendered from this model. Does nothing if the stamp of the model is not `stamp`. */
  adopt(model: StatusModel, stamp: string): void {
    const blocks = blocksOf(model, this.#viewer);
    if (stampOf(blocks) !== stamp) return;
    this.#said = new Map(blocks.map(({ kind, key, saying }) => [`${kind} ${key}`, saying]));
    this.#order = orderOf(model).join(' ');
  }

  /** Returns the update that makes the page show this model; null if nothing changed. The caller must send it. */
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

/** Returns markup by key. Also accepts a key such as `__proto__`. */
function markupOf(blocks: readonly Block[], kind: Block['kind']): Readonly<Record<string, string>> {
  const wanted = blocks.filter((block) => block.kind === kind);
  return Object.fromEntries(wanted.map(({ key, render }) => [key, render().toString()]));
}

function orderOf({ connectors }: StatusModel): readonly string[] {
  return connectors.rows.map(({ id }) => id);
}
