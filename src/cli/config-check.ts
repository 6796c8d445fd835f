import { ConfigError, type Finding, loadConfig } from '../config/index.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { exitCode } from './exit-codes.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { findingLine, groupNames } from './show-config.js';

interface Checked {
  readonly ok: boolean;
  readonly problems: readonly Finding[];
  readonly notes: readonly Finding[];
  /** Null where there are problems. */
  readonly groups: string | null;
}

export const configure: ConfigureCommand = (command, end) => {
  const check = command.addHelpText('after', examples('holdfast config check holdfast.yaml')).command('check');
  check
    .description('Say what is wrong with a config file, and what is worth knowing. Needs no keys.')
    .argument('[file]', CONFIG_HELP)
    .option('--json', 'machine-readable')
    .addHelpText('after', examples('holdfast config check', 'holdfast config check holdfast.yaml --json'))
    .action(async (given: string | undefined) => {
      const { json } = check.optsWithGlobals<GlobalOptions & { json?: true }>();
      const file = findConfig(given);
      const { groups, ...checked } = await checkFile(file);
      if (json === true) console.log(JSON.stringify({ file, ...checked }, null, 2));
      else console.log(text(file, { groups, ...checked }));
      end(exitCode(checked.ok ? 'ok' : 'badInput'));
    });
};

async function checkFile(file: string): Promise<Checked> {
  try {
    const { notes, routing } = await loadConfig(file, { requireKeys: false });
    return { ok: true, problems: [], notes, groups: groupNames(routing) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ok: false, problems: error.problems, notes: [], groups: null };
  }
}

function text(file: string, { problems, notes, groups }: Checked): string {
  const verdict =
    groups === null
      ? `${file}: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`
      : `${file}: good. Groups: ${groups}`;
  return [
    verdict,
    ...problems.map((problem) => `  ${findingLine(problem)}`),
    ...notes.map((note) => `  note: ${findingLine(note)}`),
  ].join('\n');
}
