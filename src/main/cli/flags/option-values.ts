import { InvalidArgumentError } from 'commander';
import { SwitchyardError } from '../../../shared/errors.ts';

/** Parses a number of milliseconds above 0. */
export function milliseconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value < 2 ** 31) return value;
  throw new InvalidArgumentError('Give a number of milliseconds above 0.');
}

/** Parses a whole number above 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give a whole number above 0.');
}

/** Adds a value to the list of an option that may be given several times. */
export function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/**
 * Returns the value of the environment variable called `name`, which `option` names. Throws OPTIONS_INVALID if the
 * variable is not set or empty.
 */
export function requiredVariable(name: string, option: string): string {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  throw misuse(`The variable ${name}, which ${option} names, is not set`);
}

/** Creates an error about a wrong command line: OPTIONS_INVALID, which leads to exit code 2. */
export function misuse(message: string): SwitchyardError {
  return new SwitchyardError('OPTIONS_INVALID', message);
}
