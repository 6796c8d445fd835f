import { shownLocation } from '../storage/index.js';

/** The input cannot be read as what it is said to be: a damaged gz file for instance. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
  readonly location: string;

  constructor(location: string, message: string) {
    super(`${shownLocation(location)}: ${message}`);
    this.location = location;
  }
}

/** The input is no longer what was checked. */
export class InputChangedError extends InputError {
  override readonly name = 'InputChangedError';
}
