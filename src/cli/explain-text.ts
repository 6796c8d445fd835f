import type { Explanation, ExplainedWalk } from '../core/explain/explain.js';
import type { ExplainedDeployment } from '../core/explain/explain-deployment.js';
import type { ExplainedBudget, ExplainedGroup } from '../core/explain/explain-group.js';
import type { ExplainedCoolingLimit } from '../core/explain/explain-cooldown.js';
import type { Sourced } from '../core/common/sourced.js';
import { askedAtText, type AskedAt } from './asked-at.js';
import { printable } from './printable.js';
import { table } from './table.js';

/** An explanation for people, with all there is: where the call goes, its settings, then each group. */
export function explanationText(
  explanation: Explanation,
  file: string,
  asked: (deployment: ExplainedDeployment) => AskedAt,
): string {
  const { requested, configHash, groups } = explanation;
  return printable(
    [
      `${requested} under ${file} (config ${configHash})`,
      `Where it goes\n${walkTable(explanation)}`,
      `The call\n${settingTable(callSettings(explanation))}`,
      ...groups.map((group) => groupText(group, asked)),
      `In every group\n${rulesText(explanation)}`,
    ].join('\n\n'),
  );
}

type NumberSetting = Sourced<number | null>;
type Setting = NumberSetting | Sourced<boolean>;

/** The settings of the call as a whole. */
export function callSettings({ call }: Explanation): NamedSetting[] {
  const { timeoutMs, maxFallbacks, numRetriesPerRequest, fallbackReserve, validateSchema } = call;
  return [
    ['timeout, s', inSeconds(timeoutMs)],
    ['max_fallbacks', maxFallbacks],
    ['num_retries_per_request', numRetriesPerRequest],
    ['fallback_reserve', fallbackReserve],
    ['validate_schema', validateSchema],
  ];
}

/** A row for each way, with the errors that lead to it. */
export function walkTable({ walks, call, approval }: Explanation, width?: number): string {
  const rows = new Map<string, { errors: string[]; walk: ExplainedWalk }>();
  for (const walk of walks) {
    const row = rows.get(walkPath(walk)) ?? { errors: [], walk };
    rows.set(walkPath(walk), row);
    row.errors.push(...(walk.list === 'fallbacks' ? ['any other'] : walk.kinds));
  }
  const lines = [...rows.values()].map(({ errors, walk }) => [
    errors.toSorted((one, other) => Number(one === 'any other') - Number(other === 'any other')).join(', '),
    walkPath(walk),
    [walk.end, ...walk.passedOver.map((name) => `passed over, no such group: ${name}`)].join('; '),
  ]);
  return [
    table(['WHEN EACH GROUP ENDS WITH', 'THE CALL GOES', 'AND ENDS, BECAUSE'], lines, width),
    ...(call.timeoutMs.value === null ? [] : timeShares(walks)),
    ...(approval === null ? [] : [approvalText(approval)]),
    ...blockedAnswers(walks),
  ].join('\n');
}

function walkPath({ steps }: ExplainedWalk): string {
  return steps.map(({ group, asksFirst }) => (asksFirst ? `${group} (asks first)` : group)).join(' → ');
}

function approvalText({ groups, timeoutMs, onTimeout }: NonNullable<Explanation['approval']>): string {
  return `Before a fallback to ${groups.join(', ')} it waits ${timeoutMs / 1000} s for approve or deny: then ${onTimeout}.`;
}

function timeShares(walks: readonly ExplainedWalk[]): string[] {
  const share = Math.min(...walks.flatMap(({ steps }) => steps.map(({ timeShare }) => timeShare)));
  return share === 1 ? [] : [`A group that others may follow has ${share * 100} % of the time that is left.`];
}

function blockedAnswers(walks: readonly ExplainedWalk[]): string[] {
  const failing = walks.flatMap(({ steps }) => steps.filter(({ blockedAnswer }) => blockedAnswer === 'fails'));
  const groups = [...new Set(failing.map(({ group }) => group))];
  return groups.length === 0 ? [] : [`An answer that a content filter blocked is a failure in: ${groups.join(', ')}.`];
}

function groupText(group: ExplainedGroup, asked: (deployment: ExplainedDeployment) => AskedAt): string {
  const { reachedBy, body, deployments, standbys, budgets } = group;
  const changed = Object.keys(body);
  return [
    `Group ${group.group}: ${reachedBy.join('; ')}`,
    ...(changed.length === 0 ? [] : [`The fallback entry replaces in the request: ${changed.join(', ')}`]),
    deploymentTable(deployments, standbys),
    table(
      ['DEPLOYMENT', 'PROVIDER', 'ASKED AT'],
      deployments.map((each) => [each.id, ...askedAtText(asked(each))]),
    ),
    settingTable(groupSettings(group)),
    coolingTable(deployments),
    ...(standbys.length === 0 ? [] : [standbyText(standbys)]),
    budgetTable(budgets, deployments.length, standbys.length),
  ].join('\n\n');
}

/** The settings of a group and its deployments. */
export function groupSettings({ deployments, settings }: ExplainedGroup): NamedSetting[] {
  return [
    ...deploymentSettings('attempt timeout', deployments, ({ timeoutMs }) => timeoutMs),
    ...deploymentSettings('stream_timeout', deployments, ({ streamTimeoutMs }) => streamTimeoutMs),
    ...deploymentSettings('cooldown', deployments, ({ cooldown }) => cooldown.lastsMs),
    ...deployments.flatMap(limitsOf),
    ['stream_idle_timeout, s', inSeconds(settings.streamIdleTimeoutMs)],
    ['retry_after, s', inSeconds(settings.retryAfterMs)],
    ['max_retry_delay, s', inSeconds(settings.maxRetryDelayMs)],
    ['max_lost_attempts', settings.maxLostAttempts],
    ...(settings.totalMs.value === null ? [] : [['total, s', inSeconds(settings.totalMs)] as const]),
  ];
}

/** What no setting of a group changes. */
function rulesText({ groups }: Explanation): string {
  const [first] = groups;
  const seconds = first?.mostBackoffMs.map((ms) => ms / 1000).join(', ');
  const leastMs = first?.settings.retryAfterMs.value ?? 0;
  const least =
    leastMs === 0
      ? 'not at all while a deployment has neither failed nor cools down'
      : `never less than ${leastMs / 1000} s`;
  return [
    `A retry waits as long as the provider asks for (Retry-After), else at random up to ${seconds} s (retry 1, 2, 3…); ${least}.`,
    'What the provider wants no retry for (x-should-retry: false, a used-up quota) is retried by a policy field of its own, ' +
      'else only on other deployments.',
  ].join('\n');
}

function deploymentTable(deployments: readonly ExplainedDeployment[], standbys: readonly string[]): string {
  const rows = deployments.map(({ id, model, order, weight }) => [
    id,
    model,
    `${order}${standbys.includes(id) ? ', standby' : ''}`,
    String(weight),
  ]);
  return table(['DEPLOYMENT', 'MODEL', 'ORDER', 'WEIGHT'], rows);
}

/** How many failures make a deployment cool; a block for each way where deployments differ. */
function coolingTable(deployments: readonly ExplainedDeployment[]): string {
  const blocks = new Map<string, { ids: string[]; limits: readonly ExplainedCoolingLimit[] }>();
  for (const { id, cooldown } of deployments) {
    const key = JSON.stringify(cooldown.limits);
    const block = blocks.get(key) ?? { ids: [], limits: cooldown.limits };
    blocks.set(key, block);
    block.ids.push(id);
  }
  const rows = [...blocks.values()].flatMap(({ ids, limits }) => {
    const who = blocks.size === 1 ? '' : `${ids.join(', ')}: `;
    return limits.length === 0
      ? [[`${who}never`, '', '']]
      : limits.map(({ failures, ofTheKind, kinds, source }) => {
          const many = `after ${failures} failures in a minute${ofTheKind ? ', of the kind' : ''}`;
          return [`${who}${failures === 1 ? 'at once' : many}`, source, kinds.join(', ')];
        });
  });
  return table(['COOLS DOWN', 'SET BY', 'ERROR KIND'], rows);
}

export type NamedSetting = readonly [name: string, setting: Setting];

/** One row where all deployments have the same, else one for each. */
function deploymentSettings(
  name: string,
  deployments: readonly ExplainedDeployment[],
  settingOf: (deployment: ExplainedDeployment) => NumberSetting,
): NamedSetting[] {
  const [value = null, ...others] = new Set(deployments.map((each) => settingOf(each).value));
  if (others.length > 0) return deployments.map((each) => [`${name} of ${each.id}, s`, inSeconds(settingOf(each))]);
  const sources = new Set(deployments.map((each) => settingOf(each).source));
  return [[`${name}, s`, inSeconds({ value, source: [...sources].join(', ') })]];
}

function limitsOf({ id, rpm, maxParallelRequests }: ExplainedDeployment): NamedSetting[] {
  const settings: NamedSetting[] = [
    [`rpm of ${id}`, rpm],
    [`max_parallel_requests of ${id}`, maxParallelRequests],
  ];
  return settings.filter(([, { value }]) => value !== null);
}

export function settingTable(settings: readonly NamedSetting[], width?: number): string {
  const rows = settings.map(([name, { value, source }]) => [name, value === null ? 'no limit' : String(value), source]);
  return table(['SETTING', 'VALUE', 'SET BY'], rows, width);
}

function standbyText(standbys: readonly string[]): string {
  return (
    `Standbys: ${standbys.join(', ')}. Where a row says so, each that was not asked yet is asked once before the group ` +
    'gives up,\nwithout a wait, and charged to no budget.'
  );
}

function budgetTable(budgets: readonly ExplainedBudget[], deployments: number, standbys: number): string {
  const rows = budgets
    .filter(({ providerRefusesRetry }) => !providerRefusesRetry)
    .map((row) => {
      const { kind, budget, source } = row;
      const text = retriesText(row, deployments, standbys) ?? '0';
      return isOfNoUse(row, deployments)
        ? [kind, text, '', 'only another deployment could help, and there is none']
        : [kind, text, budget ?? '', source];
    });
  return table(['ERROR KIND', 'RETRIES', 'COUNTED ON', 'WHY'], rows);
}

/** How often a failure is retried, and where; null: not at all. */
export function retriesText(budget: ExplainedBudget, deployments: number, standbys: number): string | null {
  if (isOfNoUse(budget, deployments)) return null;
  const { retries, moveOnly, meetsStandbys } = budget;
  const then = meetsStandbys && standbys > 0 ? ', then standbys' : '';
  return retries === 0 && then === '' ? null : `${retries}${moveOnly ? ', to other deployments' : ''}${then}`;
}

function isOfNoUse({ moveOnly }: ExplainedBudget, deployments: number): boolean {
  return moveOnly && deployments === 1;
}

function inSeconds({ value, source }: NumberSetting): NumberSetting {
  return { value: value === null ? null : value / 1000, source };
}
