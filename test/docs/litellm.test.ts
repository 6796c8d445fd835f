import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KNOWN_KEYS, type Section } from '../../src/config/tables/known-keys.js';
import type { KeyRow } from '../../src/config/tables/known-keys/row.js';
import { names, readPage, section, tableOf } from './markdown.js';

const LITELLM = readPage('docs/litellm.md');

describe('what differs from LiteLLM', () => {
  const cases = ['cases.json', 'more-cases.json'].flatMap((name) => {
    const text = readFileSync(new URL(`../parity/${name}`, import.meta.url), 'utf8');
    return JSON.parse(text) as { id: string; why_not_litellm?: string }[];
  });
  const rows = ['Retries', 'Waits and time', 'Fallbacks and cooldowns', 'Errors and answers'].flatMap((title) =>
    tableOf(section(LITELLM, title)),
  );
  const named = rows.flatMap((row) => (row.at(-1) ?? '').split(' ').filter((word) => word !== ''));
  const meant = named.map((word) => cases.filter(({ id }) => id.startsWith(`${word}-`)).map(({ id }) => id));

  test('each case that is named is one', () => {
    expect(named.filter((_, index) => meant[index]?.length !== 1)).toEqual([]);
  });

  test('each case that tells why not to do what LiteLLM does is named', () => {
    const told = meant.flat();
    expect(cases.filter(({ id, why_not_litellm: why }) => why !== undefined && !told.includes(id))).toEqual([]);
  });

  test('the keys that are refused are those of the tables, with what to do instead', () => {
    const refused = tableOf(section(LITELLM, 'Keys that are refused'));
    const documented = refused.flatMap(([part = '', keys = '']) =>
      names(keys).map((key) => `${names(part)[0]} ${key}`),
    );
    const known = (Object.keys(KNOWN_KEYS) as Section[]).flatMap((part) =>
      Object.entries<KeyRow>(KNOWN_KEYS[part])
        .filter(([, { status }]) => status === 'refused')
        .map(([key]) => `${part} ${key}`),
    );
    expect(documented.toSorted()).toEqual([...known, 'guardrails default_on: true'].toSorted());
  });

  test('keys that are said to do nothing are ignored', () => {
    const listed = section(LITELLM, 'Keys that do nothing here')
      .split('\n')
      .filter((line) => line.startsWith('- '));
    const keys = listed.flatMap((line) => names(line.split(':')[0] ?? ''));
    const rows = Object.values(KNOWN_KEYS).map((part) => part as Readonly<Record<string, KeyRow>>);
    const isIgnored = (key: string) =>
      rows.some((part) => Object.entries(part).some(([known, { status }]) => status === 'ignored' && fits(known, key)));
    expect(keys.length).toBeGreaterThan(8);
    expect(keys.filter((key) => !isIgnored(key))).toEqual([]);
  });
});

/** Whether a key of a table, which may end with `*`, is meant by a name of the page, which may do so as well. */
function fits(known: string, name: string): boolean {
  return known === name || (name.endsWith('*') && known.startsWith(name.slice(0, -1)));
}
