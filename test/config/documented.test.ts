import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { describe, expect, test } from 'vitest';
import { parse } from './helpers.js';

const FOLDER = join(import.meta.dirname, 'documented');

/** Files of the shapes that LiteLLM's documents show, and that people have made of them (read in 2026-11). */
const FILES = readdirSync(FOLDER).map((name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const);

describe('a config of LiteLLM is read, with notes', () => {
  test.each(FILES)('%s', (_, text) => {
    const { routing, notes } = parse(text, {}, false);
    const { model_list } = parseYaml(text, { merge: true, uniqueKeys: false }) as {
      model_list: readonly { model_name: string }[];
    };
    // Each group is there, also one that nobody can serve: its calls say why.
    const names = new Set(model_list.map(({ model_name }) => model_name));
    expect(Object.keys({ ...routing.groups, ...routing.wildcards }).toSorted()).toEqual([...names].toSorted());
    // No note advises to move a secret into a deployment.
    expect(JSON.stringify(notes)).not.toMatch(/into the litellm_params/);
  });
});
