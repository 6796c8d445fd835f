import { setTimeout as sleep } from 'node:timers/promises';

/** What many ask for at once is asked once: whoever asks within a time gets the same answer. */
export class SharedAnswers<T> {
  readonly #maxAgeMs: number;
  readonly #answers = new Map<string, Promise<T>>();

  /** @param maxAgeMs - since it was asked for */
  constructor(maxAgeMs: number) {
    this.#maxAgeMs = maxAgeMs;
  }

  get(about: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(about);
    if (known !== undefined) return known;
    const answer = ask();
    this.#answers.set(about, answer);
    const age = sleep(this.#maxAgeMs, undefined, { ref: false });
    void Promise.allSettled([answer, age]).then(() => {
      if (this.#answers.get(about) === answer) this.#answers.delete(about);
    });
    return answer;
  }

  /** The next one asks again. */
  forget(about: string): void {
    this.#answers.delete(about);
  }
}
