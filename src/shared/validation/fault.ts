/** The place within a value: names of members and indices of lists, from the outside in. */
export type FaultPath = readonly (string | number | symbol)[];

/** The first fault of a value. Checks return it in place of the value. */
export class Fault {
  /** What is wrong: a clause such as "must be a string", which follows the name of the place. */
  readonly message: string;
  readonly path: FaultPath;
  /** Whether the value, or a part of it, is of another kind. Otherwise it only breaks a rule, such as a length. */
  readonly isOtherKind: boolean;

  constructor(message: string, isOtherKind: boolean, path: FaultPath = []) {
    this.message = message;
    this.isOtherKind = isOtherKind;
    this.path = path;
  }

  /** Returns this fault as seen from the object or list that has this value at `step`. */
  within(step: string | number | symbol): Fault {
    return new Fault(this.message, this.isOtherKind, [step, ...this.path]);
  }
}

/** Creates the fault of a value that is not `kind`, such as "a string". */
export function otherKind(kind: string, value: unknown): Fault {
  return new Fault(value === undefined ? `is missing; it must be ${kind}` : `must be ${kind}`, true);
}

/** Combines two faults of one value into the first. It counts as another kind if either does. */
export function firstOf(first: Fault | null, next: Fault): Fault {
  if (first === null) return next;
  return next.isOtherKind && !first.isOtherKind ? new Fault(first.message, true, first.path) : first;
}

/** Formats a path in code notation: `sources[1].id`, `headers["x y"]`; empty for the value itself. */
export function placeOf(path: FaultPath): string {
  return path.map(stepText).join('').replace(/^\./, '');
}

function stepText(step: string | number | symbol): string {
  if (typeof step === 'number') return `[${step}]`;
  const name = String(step);
  return typeof step === 'symbol' || /[^\w$]/.test(name) ? `[${JSON.stringify(name)}]` : `.${name}`;
}
