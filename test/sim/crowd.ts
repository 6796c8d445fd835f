import type { Chance } from './chance.js';

/** Keys whose calls wait for the same deployment: one with many calls, others with few. */
export interface Crowd {
  /** Of a config; its group has no other deployment, and nothing is wrong with it. */
  readonly deployment: object;
  /** When the first of them may come, from the start of the world. */
  readonly firstMs: number;
  readonly calls: readonly CrowdCall[];
}

export interface CrowdCall {
  readonly owner: string;
  readonly who: string;
  readonly afterMs: number;
}

export const CROWD_GROUP = 'crowd';
export const CROWD_DEPLOYMENT = 'crowd-d0';

const MINUTE_MS = 60_000;

/** Null: there is none in this world. */
export function drawCrowd(chance: Chance, busyMs: number): Crowd | null {
  if (chance.is(0.6)) return null;
  const rpm = chance.whole(30, 60);
  const startMs = chance.whole(0, busyMs - 2 * MINUTE_MS);
  const few = Array.from({ length: chance.whole(1, 3) }, (_, key) => ({
    owner: `few-${key}`,
    count: chance.whole(1, 5),
    fromMs: startMs + chance.whole(0, MINUTE_MS),
  }));
  const keys = [{ owner: 'many', count: chance.whole(2, 4) * rpm, fromMs: startMs }, ...few];
  const deployment = {
    model_name: CROWD_GROUP,
    litellm_params: { model: 'openai/crowd-d0', api_base: 'http://127.0.0.1:1/v1', api_key: 'k', rpm, timeout: 600 },
    model_info: { id: CROWD_DEPLOYMENT },
  };
  const calls = keys.flatMap(({ owner, count, fromMs }) =>
    Array.from({ length: count }, (_, number) => ({
      owner,
      who: `${owner}-${number}`,
      afterMs: fromMs + chance.whole(0, 5_000),
    })),
  );
  return { deployment, firstMs: startMs, calls };
}
