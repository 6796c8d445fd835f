import type { Clock } from '../clock.js';

/** Each call whose data cannot be decrypted fails again and again: of each key it is told so often. */
const EVERY_MS = 60_000;

/** When it is time to tell again of a key that is missing or wrong. */
export class KeyNotices {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #keys = new Map<string, { toldMs: number; notTold: number }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** How often the key was missing since it was told last; null: that was a moment ago. */
  notTold(keyId: string): number | null {
    const nowMs = this.#clock.now();
    const key = this.#keys.get(keyId);
    if (key !== undefined && nowMs - key.toldMs < EVERY_MS) {
      key.notTold += 1;
      return null;
    }
    this.#keys.set(keyId, { toldMs: nowMs, notTold: 0 });
    return key?.notTold ?? 0;
  }
}
