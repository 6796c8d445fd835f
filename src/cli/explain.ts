import { checkCall, loadConfig, namesThereAre } from '../config/index.js';
import { explain, type Explanation } from '../core/explain/explain.js';
import type { ExplainedDeployment } from '../core/explain/explain-deployment.js';
import type { Operation } from '../core/common/operations.js';
import type { RequestSettings, RoutingConfig } from '../core/plan/settings.js';
import type { ConfigureCommand, GlobalOptions } from './configure-command.js';
import { askedAt, type AskedAt } from './asked-at.js';
import { examples } from './examples.js';
import { shortExplanation } from './explain-shortly.js';
import { explanationText } from './explain-text.js';
import { CONFIG_HELP, findConfig } from './find-config.js';
import { LENIENT_HELP } from './lenient.js';
import { operationOption, promptOf } from './operation.js';
import { A_REQUEST, readJsonObject } from './read-json.js';
import { UsageError } from './usage-error.js';

interface ExplainCliOptions extends GlobalOptions {
  config?: string;
  lenient?: true;
  operation: Operation;
  request?: string;
  json?: true;
  verbose?: true;
}

export const configure: ConfigureCommand = (command) => {
  command
    .argument('<model>', 'model group or alias')
    .option('--config <file>', CONFIG_HELP)
    .option('--lenient', LENIENT_HELP)
    .addOption(operationOption())
    .option('--request <file>', "a request as JSON, for its own settings; its model and prompt don't matter")
    .option('--verbose', 'every setting and error kind, also what is as it is by default')
    .option('--json', 'machine-readable, and complete')
    .addHelpText(
      'after',
      examples(
        'holdfast explain gpt-4o',
        'holdfast explain gpt-4o --request request.json --json',
        'holdfast explain text-embedding-3-small --operation embeddings',
      ),
    )
    .action(async (model: string) => {
      const { operation, lenient, ...options } = command.optsWithGlobals<ExplainCliOptions>();
      const file = findConfig(options.config);
      const config = await loadConfig(file, { requireKeys: false, lenient });
      const settings = await settingsOf(model, operation, options.request);
      const explanation = explain(config, settings, model);
      if (explanation === null) throw unknownModel(model, file, config.routing);
      const asked = ({ configuredId, model: name }: ExplainedDeployment) =>
        askedAt(config, configuredId, operation, name);
      console.log(
        options.json === true
          ? JSON.stringify(
              { config: file, operation, ...explanation, endpoints: endpointsOf(explanation, asked) },
              null,
              2,
            )
          : (options.verbose === true ? explanationText : shortExplanation)(explanation, file, asked),
      );
    });
};

/** By the ids of the deployments. */
function endpointsOf({ groups }: Explanation, asked: (deployment: ExplainedDeployment) => AskedAt) {
  const deployments = groups.flatMap((group) => group.deployments);
  return Object.fromEntries(deployments.map((each) => [each.id, asked(each)]));
}

async function settingsOf(model: string, operation: Operation, file: string | undefined): Promise<RequestSettings> {
  if (file === undefined) return {};
  // A file of settings alone will do.
  const checked = checkCall(operation, {
    ...promptOf(operation, ''),
    ...(await readJsonObject(file, A_REQUEST)),
    model,
  });
  if (checked.problem === null) return checked.settings;
  throw new UsageError(`${file}: ${checked.problem}`);
}

function unknownModel(model: string, file: string, routing: RoutingConfig): UsageError {
  const there = namesThereAre(model, routing);
  return new UsageError(`model "${model}" is not in ${file}, and no default_fallbacks serve it.${there}`);
}
