import type { Explanation } from '../core/explain/explain.js';
import type { ExplainedDeployment } from '../core/explain/explain-deployment.js';
import type { ExplainedBudget, ExplainedGroup } from '../core/explain/explain-group.js';
import type { AskedAt } from './asked-at.js';
import { askedAtText } from './asked-at.js';
import {
  callSettings,
  groupSettings,
  retriesText,
  settingTable,
  walkTable,
  type NamedSetting,
} from './explain-text.js';
import { printable } from './printable.js';
import { table } from './table.js';
import { wrapped } from './wrap.js';

/** Of a terminal of any age. */
const WIDTH = 80;

/** An explanation for people, in short: where a call goes, and what is not as it is by default. Within 80 columns. */
export function shortExplanation(
  explanation: Explanation,
  file: string,
  asked: (deployment: ExplainedDeployment) => AskedAt,
): string {
  const { requested, configHash, groups } = explanation;
  const ofCall = differing(callSettings(explanation));
  return printable(
    [
      `${requested} under ${file} (config ${configHash})`,
      `Where it goes\n${walkTable(explanation, WIDTH)}`,
      ...(ofCall.length === 0 ? [] : [`The call\n${settingTable(ofCall, WIDTH)}`]),
      ...groups.map((group) => groupText(group, asked)),
      wrapped(
        'All else is as it is by default: --verbose has every setting, and what each error kind leads to.',
        WIDTH,
      ).join('\n'),
    ].join('\n\n'),
  );
}

function groupText(group: ExplainedGroup, asked: (deployment: ExplainedDeployment) => AskedAt): string {
  const { deployments, standbys, budgets, body } = group;
  const changed = Object.keys(body);
  const settings = differing(groupSettings(group));
  return [
    ...wrapped(`Group ${group.group}: ${group.reachedBy.join('; ')}`, WIDTH),
    ...(changed.length === 0 ? [] : [`The fallback entry replaces in the request: ${changed.join(', ')}`]),
    table(
      ['DEPLOYMENT', 'ORDER', 'ASKED AT'],
      deployments.map((each) => [
        each.id,
        `${each.order}${standbys.includes(each.id) ? ', standby' : ''}`,
        askedAtText(asked(each))[1],
      ]),
      WIDTH,
    ),
    ...(settings.length === 0 ? [] : [settingTable(settings, WIDTH)]),
    retryTable(budgets, deployments.length, standbys.length),
  ].join('\n');
}

function differing(settings: readonly NamedSetting[]): NamedSetting[] {
  return settings.filter(([, { source }]) => source !== 'default');
}

/** A row for each budget, with the error kinds that are counted on it. */
function retryTable(budgets: readonly ExplainedBudget[], deployments: number, standbys: number): string {
  const rows = new Map<string, { readonly cells: readonly string[]; readonly kinds: string[] }>();
  for (const budget of budgets) {
    const retries = retriesText(budget, deployments, standbys);
    if (retries === null || budget.providerRefusesRetry) continue;
    const cells = [retries, budget.budget ?? ''];
    const row = rows.get(cells.join('\n')) ?? { cells, kinds: [] };
    rows.set(cells.join('\n'), row);
    row.kinds.push(budget.kind);
  }
  if (rows.size === 0) return 'No error is retried.';
  return table(
    ['RETRIES', 'COUNTED ON', 'ERROR KINDS'],
    [...rows.values()].map(({ cells, kinds }) => [...cells, kinds.join(', ')]),
    WIDTH,
  );
}
