import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { total } from '../../src/core/common/total.js';
import { Chance } from './chance.js';
import { problemsOf } from './invariants.js';
import { World, type WorldOptions } from './world.js';

export interface Simulated {
  /** What did not hold; empty: everything did. */
  readonly problems: readonly string[];
  /** The same seed gives the same digest. */
  readonly digest: string;
  /** Rows of its batches: each is a call, too. */
  readonly rows: number;
}

/** What runs a world again. */
export function replayLine({ seed, calls, batches }: WorldOptions): string {
  return `npm run sim -- --seed ${seed} --calls ${calls} --batches ${batches}`;
}

/** Runs a world to its end, and checks what must hold. */
export async function simulate(options: WorldOptions): Promise<Simulated> {
  const world = new World(options);
  return withoutRealTime(world, new Chance(options.seed), async () => {
    try {
      await world.run();
      const rows = total(world.batches.map((batch) => batch.rows.length));
      return { problems: problemsOf(world), digest: digestOf(world), rows };
    } catch (error) {
      return { problems: [`the simulation itself failed: ${(error as Error).stack}`], digest: '', rows: 0 };
    }
  });
}

/** The code of workflows has Temporal's own Date; names that are made up are part of what the seed decides. */
async function withoutRealTime<T>({ time }: World, chance: Chance, work: () => Promise<T>): Promise<T> {
  const { now } = Date;
  const { randomUUID } = crypto;
  Date.now = () => time.nowMs;
  crypto.randomUUID = () => {
    const digits = () =>
      Math.floor(chance.random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return `${digits()}-0000-0000-0000-${digits()}0000`;
  };
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Date.now = now;
    crypto.randomUUID = randomUUID;
    syncBuiltinESMExports();
  }
}

function digestOf({ provider, time }: World): string {
  const asked = [...provider.asked].map(([who, each]) => [who, each.map(({ atMs, model }) => [atMs, model])]);
  return crypto
    .createHash('sha256')
    .update(JSON.stringify([time.nowMs, asked]))
    .digest('hex')
    .slice(0, 12);
}
