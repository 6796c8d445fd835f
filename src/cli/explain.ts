import { loadConfig, parseRequest } from '../config/index.js';
import { didYouMean } from '../config/nearest.js';
import { explain, type ExplainedBudget, type ExplainedGroup, type ExplainedValue } from '../core/explain.js';
import type { Explanation } from '../core/explain.js';
import type { RequestSettings, RoutingConfig } from '../core/settings.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { examples } from './examples.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { readJsonObject } from './read-json.js';
import { findingLine, groupNames } from './show-config.js';
import { table } from './table.js';
import { UsageError } from './usage-error.js';

interface ExplainCliOptions extends GlobalOptions {
  config?: string;
  request?: string;
  json?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<model>', 'model group or alias')
    .option('--config <file>', CONFIG_HELP)
    .option('--request <file>', "a request as JSON, for its own settings; its model and messages don't matter")
    .option('--json', 'machine-readable')
    .addHelpText('after', examples('holdfast explain gpt-4o', 'holdfast explain gpt-4o --request request.json --json'))
    .action(async (model: string) => {
      const options = command.optsWithGlobals<ExplainCliOptions>();
      const file = findConfig(options.config);
      const { routing } = await loadConfig(file, { requireKeys: false });
      const settings = await settingsOf(model, options.request);
      const explanation = explain(routing, settings, model);
      if (explanation === null) throw unknownModel(model, file, routing);
      console.log(
        options.json === true ? JSON.stringify({ config: file, ...explanation }, null, 2) : text(explanation, file),
      );
    });
};

async function settingsOf(model: string, file: string | undefined): Promise<RequestSettings> {
  if (file === undefined) return {};
  // A file of settings alone will do.
  const request = { messages: [{ role: 'user', content: '' }], ...(await readJsonObject(file)), model };
  const parsed = parseRequest('chat.completions', request);
  if (parsed.ok) return parsed.settings;
  throw new UsageError(`${file} is not a valid request: ${parsed.problems.map(findingLine).join('; ')}`);
}

function unknownModel(model: string, file: string, routing: RoutingConfig): UsageError {
  const names = [...Object.keys(routing.groups), ...Object.keys(routing.aliases)];
  return new UsageError(
    `model "${model}" is not in ${file}, and no default_fallbacks serve it.${didYouMean(model, names)} ` +
      `It has: ${groupNames(routing)}`,
  );
}

function text({ requested, configHash, call, groups }: Explanation, file: string): string {
  return [
    `${requested} under ${file} (config ${configHash})`,
    `The call\n${valueTable(call)}`,
    ...groups.map(groupText),
  ].join('\n\n');
}

function groupText({ group, reachedBy, deployments, values, budgets }: ExplainedGroup): string {
  const rows = deployments.map(({ id, model, order, weight }) => [
    id,
    model,
    String(order ?? 1),
    weight === undefined ? '' : String(weight),
  ]);
  return [
    `Group ${group}: ${reachedBy}`,
    table(['DEPLOYMENT', 'MODEL', 'ORDER', 'WEIGHT'], rows),
    valueTable(values),
    table(
      ['ERROR KIND', 'RETRIES', 'COUNTED ON', 'WHY'],
      budgets.map((budget) => budgetRow(budget, deployments.length)),
    ),
  ].join('\n\n');
}

function valueTable(values: readonly ExplainedValue[]): string {
  const rows = values.map(({ name, value, source }) => [name, value === null ? 'no limit' : String(value), source]);
  return table(['SETTING', 'VALUE', 'SET BY'], rows);
}

function budgetRow({ kind, budget, retries, moveOnly, source }: ExplainedBudget, deployments: number): string[] {
  if (moveOnly && deployments === 1) return [kind, '0', '', 'only another deployment could help, and there is none'];
  return [kind, `${retries}${moveOnly ? ', to other deployments' : ''}`, budget ?? '', source];
}
