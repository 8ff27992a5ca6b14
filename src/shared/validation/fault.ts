/** Where in a value something is: names of members and indices of lists, from the outside in. */
export type FaultPath = readonly (string | number | symbol)[];

/** The first thing that is wrong with a value. Checks return it in place of the value. */
export class Fault {
  /** Begins with a verb, such as "must be a string": it goes after the name of the place. */
  readonly message: string;
  readonly path: FaultPath;
  /** Whether the value, or a part of it, is of another kind; else it only breaks a rule, such as a length. */
  readonly isOtherKind: boolean;

  constructor(message: string, isOtherKind: boolean, path: FaultPath = []) {
    this.message = message;
    this.isOtherKind = isOtherKind;
    this.path = path;
  }

  /** The same fault, seen from the object or list that has this value at `step`. */
  within(step: string | number | symbol): Fault {
    return new Fault(this.message, this.isOtherKind, [step, ...this.path]);
  }
}

/** The fault of a value that is not `kind`, such as "a string". */
export function otherKind(kind: string, value: unknown): Fault {
  return new Fault(value === undefined ? `is missing; it must be ${kind}` : `must be ${kind}`, true);
}

/** The first of two faults of one value. It counts as one of another kind where either does. */
export function firstOf(first: Fault | null, next: Fault): Fault {
  if (first === null) return next;
  return next.isOtherKind && !first.isOtherKind ? new Fault(first.message, true, first.path) : first;
}

/** A path as code writes it: `sources[1].id`, `headers["x y"]`; empty for the value itself. */
export function placeOf(path: FaultPath): string {
  return path.map(stepText).join('').replace(/^\./, '');
}

function stepText(step: string | number | symbol): string {
  if (typeof step === 'number') return `[${step}]`;
  const name = String(step);
  return typeof step === 'symbol' || /[^\w$]/.test(name) ? `[${JSON.stringify(name)}]` : `.${name}`;
}
