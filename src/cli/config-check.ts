import { Option } from 'commander';
import { ConfigError, type Finding, type HonouredKey, loadConfig, type Note } from '../config/index.js';
import { configUrls, type ConfigUrl, urlsText } from './config-urls.js';
import { printable } from './printable.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { exitCode } from './exit-codes.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { LENIENT_HELP } from './lenient.js';
import { findingLine, groupNames } from './show-config.js';
import { pairs } from './table.js';

interface Checked {
  readonly ok: boolean;
  readonly problems: readonly Finding[];
  readonly notes: readonly Finding[];
  /** Keys without an effect, and why. */
  readonly ignored: readonly Finding[];
  readonly honoured: readonly HonouredKey[];
  /** Null where there are problems. */
  readonly groups: string | null;
  /** Null where nobody asked for them, or where there are problems. */
  readonly urls: readonly ConfigUrl[] | null;
}

interface CheckOptions extends GlobalOptions {
  json?: true;
  lenient?: true;
  strict?: true;
  urls?: true;
}

export const configure: ConfigureCommand = (command, end) => {
  const check = command.addHelpText('after', examples('holdfast config check holdfast.yaml')).command('check');
  check
    .description('Say what a config file does, what in it is ignored and why, and what is wrong. Needs no keys.')
    .argument('[file]', CONFIG_HELP)
    .option('--json', 'machine-readable')
    .addOption(new Option('--lenient', LENIENT_HELP).conflicts('strict'))
    .option('--urls', 'the URL that each deployment asks for chat completions')
    .option('--strict', 'notes are problems, but for variables that are not set here')
    .addHelpText('after', examples('holdfast config check', 'holdfast config check holdfast.yaml --json'))
    .action(async (given: string | undefined) => {
      const { json, ...options } = check.optsWithGlobals<CheckOptions>();
      const file = findConfig(given);
      const { groups, urls, ...checked } = await checkFile(file, options);
      if (json === true) console.log(JSON.stringify({ file, ...checked, ...(urls !== null && { urls }) }, null, 2));
      else console.log(text(file, { groups, urls, ...checked }));
      end(exitCode(checked.ok ? 'ok' : 'badInput'));
    });
};

/** @param options - `strict`: whatever has no effect, or not the one that its author may expect, is a problem */
async function checkFile(file: string, { lenient, strict, urls }: CheckOptions): Promise<Checked> {
  try {
    const config = await loadConfig(file, { requireKeys: false, lenient });
    const { notes, honoured, routing } = config;
    const problems = strict === true ? findingsOf(notes, ({ kind }) => kind !== 'missing') : [];
    const groups = problems.length === 0 ? groupNames(routing) : null;
    const found = { problems, ...byKind(strict === true ? [] : notes), honoured, groups };
    return { ok: groups !== null, ...found, urls: urls === true && groups !== null ? configUrls(config) : null };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ok: false, problems: error.problems, ...byKind(error.notes), honoured: [], groups: null, urls: null };
  }
}

function byKind(notes: readonly Note[]): Pick<Checked, 'notes' | 'ignored'> {
  return {
    notes: findingsOf(notes, ({ kind }) => kind !== 'ignored'),
    ignored: findingsOf(notes, ({ kind }) => kind === 'ignored'),
  };
}

function findingsOf(notes: readonly Note[], wanted: (note: Note) => boolean): Finding[] {
  return notes.filter(wanted).map(({ path, message }) => ({ path, message }));
}

function text(file: string, { problems, notes, ignored, honoured, groups, urls }: Checked): string {
  const verdict =
    groups === null
      ? `${file}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`
      : `${file}: good. Groups: ${groups}`;
  return [
    [verdict, ...problems.map((problem) => `  ${findingLine(problem)}`)].join('\n'),
    ...(urls === null ? [] : part('URLs', printable(urlsText(urls)).split('\n'))),
    ...part('Honoured', honouredLines(honoured)),
    ...part('Ignored', ignored.map(ignoredLine)),
    ...part(
      'Worth knowing',
      notes.map((note) => `note: ${findingLine(note)}`),
    ),
  ].join('\n\n');
}

function part(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [[title, ...lines.map((line) => `  ${line}`)].join('\n')];
}

/** A line per section. */
function honouredLines(keys: readonly HonouredKey[]): string[] {
  const sections = new Map<string, string[]>();
  for (const { key, places } of keys) {
    const dot = key.lastIndexOf('.');
    const section = dot === -1 ? 'at the top' : key.slice(0, dot);
    const name = key.slice(dot + 1);
    sections.set(section, [...(sections.get(section) ?? []), places === 1 ? name : `${name} (${places}×)`]);
  }
  const lines = [...sections].map(([section, names]) => [section, names.join(', ')] as const);
  return lines.length === 0 ? [] : pairs(lines).split('\n');
}

/** The heading says already that it is ignored. */
function ignoredLine({ path, message }: Finding): string {
  return findingLine({ path, message: message.replace(/^ignored: /, '') });
}
