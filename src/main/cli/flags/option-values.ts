import { InvalidArgumentError } from 'commander';
import { SwitchyardError } from '../../../shared/errors.ts';

/** Reads a number of milliseconds from the command line. */
export function milliseconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value < 2 ** 31) return value;
  throw new InvalidArgumentError('Give a number of milliseconds above 0.');
}

/** Reads a whole number above 0 from the command line. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number above 0.');
}

/** Collects the values of an option that may be repeated. */
export function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** Returns the value of the variable that an option names. Throws OPTIONS_INVALID if it is missing or empty. */
export function requiredVariable(name: string, option: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw misuse(`The variable ${name}, which ${option} names, is not set`);
}

/** Creates an error of the command line: OPTIONS_INVALID, exit code 2. */
export function misuse(message: string): SwitchyardError {
  return new SwitchyardError('OPTIONS_INVALID', message);
}
