import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { folderOf } from '../../src/external-storage/payload-folder.js';
import { PayloadStore, type Reference } from '../../src/external-storage/payload-store.js';
import { sweep } from '../../src/external-storage/sweep.js';
import { openStorage } from '../../src/storage/index.js';
import { testRing } from '../helpers/encryption.js';

const NOW = Date.UTC(2026, 10, 29, 12);
const DAY_MS = 24 * 3_600_000;
const PAYLOAD = Buffer.alloc(400_000, 'what was asked ');

let place: string;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sweep-'));
  place = pathToFileURL(folder).href;
  onTestFinished(() => rm(folder, { recursive: true }));
});

function storeAt(nowMs: number): PayloadStore {
  const clock = { now: () => nowMs, sleep: async () => undefined };
  return new PayloadStore({ storage: openStorage(), place, namespace: 'default', keys: testRing('one'), clock });
}

/** The time that a storage says of what was written below a location. */
async function dated(location: string, ms: number): Promise<void> {
  const folder = new URL(`${location}/`);
  for (const name of await readdir(folder)) await utimes(new URL(name, folder), ms / 1000, ms / 1000);
}

/** @param clockDays - how far the clock of whoever writes is from the storage's, in days */
async function write(daysAgo: number, workflowId: string, clockDays = 0): Promise<Reference> {
  const atMs = NOW - daysAgo * DAY_MS;
  const reference = await storeAt(atMs + clockDays * DAY_MS).write(place, [PAYLOAD], workflowId);
  await dated(folderOf(place, 'default', reference.day, workflowId), atMs);
  return reference;
}

interface SweepAt {
  /** Gets the ids of the workflows that are asked for. */
  readonly asked?: string[];
  /** How far the clock of whoever sweeps is from the storage's, in days. */
  readonly clockDays?: number;
}

function sweepAt(nowMs: number, needed: readonly string[], { asked = [], clockDays = 0 }: SweepAt = {}) {
  const storage = openStorage();
  const create = async (location: string, text: string) => {
    const isNew = await storage.create(location, text);
    if (isNew) await utimes(new URL(location), nowMs / 1000, nowMs / 1000);
    return isNew;
  };
  return sweep({
    storage: { ...storage, create },
    place,
    namespace: 'default',
    clock: { now: () => nowMs + clockDays * DAY_MS },
    neededOf: async (ids) => {
      asked.push(...ids);
      return new Set(needed);
    },
  });
}

async function isThere(reference: Reference): Promise<boolean> {
  return storeAt(NOW)
    .read(reference)
    .then(
      () => true,
      () => false,
    );
}

test('what a workflow stored that is gone is removed; that of one that is there, and of the last days, is kept', async () => {
  const [kept, gone] = [await write(9, 'there'), await write(9, 'gone')];
  const fresh = [await write(0, 'not started yet'), await write(1, 'started'), await write(2, 'just over')];
  const asked: string[] = [];
  expect(await sweepAt(NOW, ['there'], { asked })).toEqual({ removed: 1, kept: 1 });
  expect(asked.toSorted()).toEqual(['gone', 'there']);
  expect(await isThere(gone)).toBe(false);
  expect(await Promise.all([kept, ...fresh].map(isThere))).toEqual([true, true, true, true]);
});

test.each([
  ['of whoever sweeps is days ahead', { sweeps: 40, writes: 0 }],
  ['of whoever sweeps is days behind', { sweeps: -40, writes: 0 }],
  ['of whoever writes is days behind', { sweeps: 0, writes: -40 }],
  ['of whoever writes is days ahead', { sweeps: 0, writes: 40 }],
])(
  'a clock %s: what was stored before the start of its workflow, which is not there yet, is kept',
  async (_what, days) => {
    const fresh = [await write(0, 'not started yet', days.writes), await write(1, 'not started either', days.writes)];
    await sweepAt(NOW, [], { clockDays: days.sweeps });
    expect(await Promise.all(fresh.map(isThere))).toEqual([true, true]);
  },
);

test.each([40, -40])('a clock that is %d days wrong removes what is gone', async (clockDays) => {
  const gone = await write(9, 'gone');
  expect(await sweepAt(NOW, [], { clockDays })).toEqual({ removed: 1, kept: 0 });
  expect(await isThere(gone)).toBe(false);
});

test('each of the days of a workflow is a folder of its own', async () => {
  const days = [await write(9, 'long'), await write(5, 'long')];
  expect(await sweepAt(NOW, ['long'])).toEqual({ removed: 0, kept: 2 });
  expect(await sweepAt(NOW + DAY_MS, [])).toEqual({ removed: 2, kept: 0 });
  expect(await Promise.all(days.map(isThere))).toEqual([false, false]);
});

test('of several who ask on a day, one sweeps; what is left of the days before is no more than a few marks', async () => {
  await write(9, 'gone');
  const both = await Promise.all([sweepAt(NOW, []), sweepAt(NOW, [])]);
  expect(both.filter((swept) => swept === null)).toHaveLength(1);
  for (const day of [1, 2, 3, 4, 5]) await sweepAt(NOW + day * DAY_MS, []);
  const marks = (await readdir(new URL(`${place}/default/sweeps`))).toSorted();
  expect(marks).toEqual(['2026-12-02', '2026-12-03', '2026-12-04']);
});

test('what nobody can read the owner of stays', async () => {
  const reference = await write(9, 'gone');
  const folder = new URL(`${place}/default/${reference.day}/`);
  const [name = ''] = await readdir(folder);
  const [piece = ''] = await readdir(new URL(`${name}/`, folder));
  await writeFile(new URL(`${name}/${piece}`, folder), 'no head');
  expect(await sweepAt(NOW, [])).toEqual({ removed: 0, kept: 1 });
});

test('where it is not known whether a workflow is there, nothing is removed', async () => {
  const reference = await write(9, 'who knows');
  const unknown = sweep({
    storage: openStorage(),
    place,
    namespace: 'default',
    clock: { now: () => NOW },
    neededOf: () => Promise.reject(new Error('the server is away')),
  });
  await expect(unknown).rejects.toThrow('the server is away');
  expect(await isThere(reference)).toBe(true);
});
