import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { exitCodesHelp } from '../../src/cli/exit-codes.js';
import { COMMAND_HEADINGS, runProgram } from '../../src/cli/program.js';
import { parseConfig, parseRequest } from '../../src/config/index.js';
import { KNOWN_KEYS, type Section } from '../../src/config/tables/known-keys.js';
import type { KeyRow } from '../../src/config/tables/known-keys/row.js';
import { COOLDOWN_DEFAULTS } from '../../src/core/deployments/cooldown.js';
import { ERROR_KINDS, POLICY_FIELDS } from '../../src/core/errors/error-kinds.js';
import { MAX_LEDGER_ENTRIES } from '../../src/core/ledger/ledger.js';
import { MAX_PAYLOAD_BYTES } from '../../src/core/common/limits.js';
import { REFUSED_KEYS, SETTING_KEYS } from '../../src/core/plan/request.js';
import { SEARCH_ATTRIBUTES } from '../../src/core/common/search-attributes.js';
import { DEFAULTS } from '../../src/core/plan/settings.js';
import {
  allPages,
  anchorsOf,
  codeBlocks,
  firstColumn,
  headingsOf,
  linksOf,
  names,
  readPage,
  section,
  tableOf,
  tablesOf,
} from './markdown.js';

const PAGES = allPages();
const README = readPage('README.md');
const RETRIES = readPage('docs/retries.md');
const CONFIGURATION = readPage('docs/configuration.md');
const ERRORS = readPage('docs/errors.md');
const OPERATIONS = readPage('docs/operations.md');
const CLI = readPage('docs/cli.md');
const FEATURES = [
  RETRIES,
  readPage('docs/deployments.md'),
  readPage('docs/fallbacks.md'),
  CONFIGURATION,
  ERRORS,
  readPage('docs/client.md'),
  readPage('docs/in-your-own-code.md'),
  readPage('docs/agents.md'),
  readPage('docs/gateway.md'),
  readPage('docs/batches.md'),
  readPage('docs/callbacks.md'),
  readPage('docs/encryption.md'),
  readPage('docs/functions.md'),
  CLI,
  OPERATIONS,
];

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

describe('the pages', () => {
  test('the README is short', () => {
    expect(README.text.split('\n').length).toBeLessThan(200);
  });

  test.each(PAGES)('the links of $path lead somewhere', (page) => {
    for (const { target, anchor } of linksOf(page)) {
      expect(existsSync(fromRoot(target)), `${page.path}: ${target}`).toBe(true);
      if (anchor !== '') expect(anchorsOf(readPage(target)), `${page.path}: ${target}`).toContain(anchor);
    }
  });

  test.each(FEATURES)('$path has the headings that all pages of features have', ({ text }) => {
    const titles = headingsOf(text).filter(({ level }) => level === 2);
    expect(titles.map(({ title }) => title)).toEqual([
      'About',
      'Usage',
      'Defaults',
      'What you see',
      'Patterns',
      'Anti-patterns',
      'Not supported',
    ]);
  });
});

describe('error kinds', () => {
  const kinds = Object.entries(ERROR_KINDS);
  const yes = (is: boolean) => (is ? 'yes' : 'no');

  test('the table of docs/errors.md is that of the code', () => {
    const fields = (of: readonly string[]) => of.map((field) => `\`${field}\``).join(', ');
    expect(tableOf(section(ERRORS, 'Defaults'))).toEqual(
      kinds.map(([kind, row]) => [
        kind,
        String(row.status),
        row.parent ?? '',
        fields(row.policyFields),
        row.retried,
        yes(row.mayMove),
        yes(row.fallsBack),
      ]),
    );
  });

  test('each kind is explained', () => {
    const explained = ['From the provider', 'From Holdfast'].flatMap((title) => tableOf(section(ERRORS, title)));
    expect(explained.map(([kind = '']) => kind).toSorted()).toEqual(kinds.map(([kind]) => kind).toSorted());
  });

  test('docs/retries.md has each policy field', () => {
    expect(firstColumn(tableOf(section(RETRIES, 'The policy fields'))).toSorted()).toEqual(POLICY_FIELDS.toSorted());
  });
});

describe('configuration', () => {
  const HEADINGS: Partial<Record<Section, string>> = {
    '': 'At the top',
    model_list: 'An entry of `model_list`',
    litellm_params: '`litellm_params`',
    model_info: '`model_info`',
    router_settings: '`router_settings`',
    litellm_settings: '`litellm_settings`',
    general_settings: '`general_settings`',
    api_keys: 'An entry of `api_keys`',
    credential_list: 'An entry of `credential_list`',
    encryption: '`encryption`',
    encryption_keys: 'An entry of `keys`',
    external_storage: '`external_storage`',
    webhooks: 'An entry of `webhooks`',
  };
  // The fields of policies have tables on other pages.
  const sections = (Object.keys(KNOWN_KEYS) as Section[]).filter((part) => !part.endsWith('_policy'));
  const keysOf = (part: Section, status: KeyRow['status']) =>
    Object.entries<KeyRow>(KNOWN_KEYS[part])
      .filter(([, row]) => row.status === status)
      .map(([key]) => key)
      .toSorted();
  const documented = (title: string) => tableOf(section(CONFIGURATION, title));

  const rowsOf = (part: Section) => firstColumn(HEADINGS[part] === undefined ? [] : documented(HEADINGS[part]));
  const [refused = []] = tablesOf(section(CONFIGURATION, 'Not supported')).map((rows) =>
    rows.map(([part = '', keys = '']) => ({ part: names(part)[0] ?? '', keys: names(keys) })),
  );
  const keysIn = (rows: typeof refused, part: Section) =>
    rows.filter((row) => row.part === part).flatMap(({ keys }) => keys);

  test.each(sections)('every key of section "%s" that is honoured has a row, and no other', (part) => {
    expect(rowsOf(part).toSorted()).toEqual(keysOf(part, 'honoured'));
  });

  test.each(sections)('the keys of section "%s" that are refused are named', (part) => {
    expect(keysIn(refused, part).toSorted()).toEqual(keysOf(part, 'refused'));
  });

  test('the settings of a request are those of the code', () => {
    const text = section(CONFIGURATION, 'Settings of a request');
    expect(firstColumn(tableOf(text)).toSorted()).toEqual(SETTING_KEYS.toSorted());
    for (const key of REFUSED_KEYS) expect(text).toContain(`\`${key}\``);
  });

  test.each([
    ['`router_settings`', 'num_retries', DEFAULTS.numRetries],
    ['`router_settings`', 'timeout', DEFAULTS.timeoutMs / 1000],
    ['`router_settings`', 'retry_after', DEFAULTS.retryAfterMs / 1000],
    ['`router_settings`', 'max_retry_delay', DEFAULTS.maxRetryDelayMs / 1000],
    ['`router_settings`', 'fallback_reserve', DEFAULTS.fallbackReserve],
    ['`router_settings`', 'max_lost_attempts', DEFAULTS.maxLostAttempts],
    ['`router_settings`', 'max_fallbacks', DEFAULTS.maxFallbacks],
    ['`router_settings`', 'allowed_fails', COOLDOWN_DEFAULTS.allowedFails],
    ['`router_settings`', 'cooldown_time', COOLDOWN_DEFAULTS.cooldownMs / 1000],
    ['`litellm_settings`', 'num_retries', DEFAULTS.numRetries],
    ['`litellm_settings`', 'request_timeout', DEFAULTS.timeoutMs / 1000],
    ['`litellm_settings`', 'max_fallbacks', DEFAULTS.maxFallbacks],
  ])('the default in %s of %s', (title, key, value) => {
    expect(
      documented(title)
        .find(([cell]) => cell === `\`${key}\``)
        ?.at(-1),
    ).toBe(String(value));
  });

  test('the defaults that docs/retries.md repeats', () => {
    const numbers = tableOf(section(RETRIES, 'Defaults')).map(([, value = '']) => Number.parseFloat(value));
    const { numRetries, retryAfterMs, maxRetryDelayMs, timeoutMs, fallbackReserve, maxLostAttempts } = DEFAULTS;
    expect(numbers.filter((number) => !Number.isNaN(number))).toEqual([
      numRetries,
      retryAfterMs / 1000,
      maxRetryDelayMs / 1000,
      timeoutMs / 1000,
      fallbackReserve,
      maxLostAttempts,
    ]);
  });
});

describe('examples', () => {
  const examples = PAGES.flatMap((page) =>
    codeBlocks(page).map((block) => ({ ...block, place: `${page.path}:${block.line}` })),
  );
  const of = (language: string) => examples.filter((example) => example.language === language);
  const env = {
    OPENAI_API_KEY: 'sk-of-the-docs',
    LOCAL_API_KEY: 'sk-of-the-docs-too',
    GROQ_API_KEY: 'gsk-of-the-docs',
    HOLDFAST_MASTER_KEY: 'sk-of-the-docs-master',
    LITELLM_KEY: 'sk-of-the-docs-of-litellm',
    WEBHOOK_SECRET: `whsec_${Buffer.from('of the docs, 0123456789, 0123456').toString('base64')}`,
    HOLDFAST_KEY_1: 'd1'.repeat(32),
    HOLDFAST_KEY_2: 'd2'.repeat(32),
  };

  test.each(of('yaml'))(
    'the YAML at $place is a config without a note that it does nothing',
    ({ code, mark, place }) => {
      const groups = ['fast', 'smart', 'long-context'];
      const models = groups.map((name) => ({ model_name: name, litellm_params: { model: 'gpt-4o' } }));
      expect(['', 'fragment']).toContain(mark);
      const text = mark === 'fragment' ? stringify({ model_list: models, ...(parse(code) as object) }) : code;
      const { notes } = parseConfig(text, { source: place, env });
      expect(notes.filter(({ message }) => !message.includes('OpenAI-compatible endpoint'))).toEqual([]);
    },
  );

  test.each(of('json'))('the JSON at $place is a request', ({ code, mark }) => {
    expect(mark).toBe('request');
    expect(parseRequest('chat.completions', JSON.parse(code))).toMatchObject({ ok: true });
  });
});

describe('the command line', () => {
  const sections = headingsOf(CLI.text).flatMap(({ title }) => {
    const [, line] = /^`holdfast (.+)`$/.exec(title) ?? [];
    return line === undefined ? [] : [{ title, words: line.split(' ').filter((word) => /^[a-z]/.test(word)) }];
  });

  const helpOf = async (words: readonly string[]): Promise<string> => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await runProgram(['node', 'holdfast', ...words, '--help']);
    const help = write.mock.calls.map(([text]) => String(text)).join('');
    write.mockRestore();
    return help;
  };

  /** The names that a help text lists under headings: commands, or long options. */
  const listed = async (words: readonly string[], ...headings: readonly string[]): Promise<string[]> => {
    const parts = (await helpOf(words))
      .split(/\n\n/)
      .filter((text) => headings.some((heading) => text.startsWith(`${heading}\n`)));
    return parts
      .join('\n')
      .split('\n')
      .flatMap((line) => /^ {2}(?:-\w, )?(--[\w-]+|\w[\w-]*)/.exec(line)?.[1] ?? [])
      .filter((name) => name !== '--help')
      .toSorted();
  };
  const options = (text: string) => firstColumn(tableOf(text)).map((name) => name.split(' ')[0] ?? '');

  /** The commands that docs/cli.md has below others. */
  const documented = (above: readonly string[]): string[] => {
    const below = sections.filter(({ words }) => above.every((word, index) => words[index] === word));
    return [...new Set(below.map(({ words }) => words[above.length] ?? ''))].toSorted();
  };

  /** A command may take the options of another one. */
  const optionsOf = (title: string): string[] => {
    const text = section(CLI, title);
    const [, other] = /options are those of \[`holdfast ([^`]+)`\]/.exec(text) ?? [];
    const taken = sections.find(({ words }) => words.join(' ') === other)?.title;
    return options(taken === undefined ? text : section(CLI, taken)).toSorted();
  };

  test('has the commands that docs/cli.md has', async () => {
    expect(documented([])).toEqual(await listed([], ...COMMAND_HEADINGS, 'Commands:'));
    expect([...documented(['batch']), 'help'].toSorted()).toEqual(await listed(['batch'], 'Commands:'));
  });

  test('has the options that docs/cli.md has for all commands', async () => {
    expect(options(section(CLI, 'Usage')).toSorted()).toEqual(await listed([], 'Options:'));
  });

  test.each(sections.filter(({ words }) => words[0] !== 'help'))(
    'has the options of $title',
    async ({ title, words }) => {
      expect(optionsOf(title)).toEqual(await listed(words, 'Options:'));
    },
  );

  test('has help within 80 columns, with examples of each command', async () => {
    // That of Temporal's CLI is its own.
    const own = sections.filter(({ words: [first = ''] }) => !['help', 'temporal'].includes(first));
    for (const { words } of [{ words: [] }, ...own]) {
      const help = await helpOf(words);
      expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(help, words.join(' ')).toMatch(/^Examples?:$/m);
    }
  });

  test('ends with the exit codes that docs/cli.md has', () => {
    const codes = [...exitCodesHelp().matchAll(/^ {2}(\d+)/gm)].map(([, code]) => code);
    expect(tableOf(section(CLI, 'What you see')).map(([code]) => code)).toEqual(codes);
  });

  const uses = PAGES.flatMap((page) =>
    codeBlocks(page)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ code }) => [...code.replace(/#.*$/gm, '').matchAll(/npx holdfast ([^\n>]*)/g)])
      .map(([, line = '']) => ({ line: line.trim(), path: page.path })),
  );

  test.each(uses)('knows `holdfast $line` of $path', async ({ line }) => {
    const words = line.replace(/"[^"]*"/g, '').split(/\s+/);
    const known = sections.find((command) => command.words.every((word, index) => words[index] === word));
    expect(known, line).toBeDefined();
    const given = words.filter((word) => word.startsWith('--'));
    const all = [...(await listed(known!.words, 'Options:')), ...(await listed([], 'Options:'))];
    expect(all).toEqual(expect.arrayContaining(given));
  });
});

describe('operations', () => {
  test('the search attributes are those of the code', () => {
    const rows = tableOf(section(OPERATIONS, 'Find calls')).map(([name = '', type]) => [names(name)[0], type]);
    expect(Object.fromEntries(rows)).toEqual(SEARCH_ATTRIBUTES);
  });

  test('the commands that register them are complete', () => {
    for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
      expect(OPERATIONS.text).toContain(`--name ${name} --type ${type}`);
    }
  });

  test('the limits are those of the code', () => {
    const bytes = MAX_PAYLOAD_BYTES.toLocaleString('en-US');
    expect(OPERATIONS.text).toContain(`${bytes} bytes`);
    expect(ERRORS.text).toContain(`${bytes} bytes`);
    expect(ERRORS.text).toContain(`at most ${MAX_LEDGER_ENTRIES} entries`);
  });
});
