/** Where a fault is within a value: names of members and indexes of lists, from the outside in. */
export type FaultPath = readonly (string | number | symbol)[];

/** The first fault of a value. A check returns it instead of the value. */
export class Fault {
  /** What is wrong, as words that follow the name of the place: "must be a string". */
  readonly message: string;
  readonly path: FaultPath;
  /** Whether the value, or a part of it, has the wrong type. If not, it breaks a rule, such as a maximum length. */
  readonly isOtherKind: boolean;

  constructor(message: string, isOtherKind: boolean, path: FaultPath = []) {
    this.message = message;
    this.isOtherKind = isOtherKind;
    this.path = path;
  }

  /**
   * Returns this fault with a path that begins at the surrounding object or list. `step` is the name or index of the
   * value in it.
   */
  within(step: string | number | symbol): Fault {
    return new Fault(this.message, this.isOtherKind, [step, ...this.path]);
  }
}

/** Creates the fault of a value that is not of the type `kind`, such as "a string". */
export function otherKind(kind: string, value: unknown): Fault {
  return new Fault(value === undefined ? `is missing; it must be ${kind}` : `must be ${kind}`, true);
}

/** Returns the first of two faults of a value. The result counts as a wrong type if one of the two faults does. */
export function firstOf(first: Fault | null, next: Fault): Fault {
  if (first === null) return next;
  return next.isOtherKind && !first.isOtherKind ? new Fault(first.message, true, first.path) : first;
}

/** Formats a path as in code: `sources[1].id` or `headers["x y"]`. The path to the value itself is an empty string. */
export function placeOf(path: FaultPath): string {
  return path.map(stepText).join('').replace(/^\./, '');
}

function stepText(step: string | number | symbol): string {
  if (typeof step === 'number') return `[${step}]`;
  const name = String(step);
  return typeof step === 'symbol' || /[^\w$]/.test(name) ? `[${JSON.stringify(name)}]` : `.${name}`;
}
