import { stringify } from 'yaml';
import type { AnswerCase, GroupOfCase, RowsCase } from './case-file.js';

type ServedCase = AnswerCase | RowsCase;

const LISTS = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const;

/** Retries of a group that says nothing of them. */
const NUM_RETRIES = 1;

/** Where all cases have configs, or variables, of their own. */
const NOTHING: ServedCase = { id: 'nothing', what: 'a config needs a model', upstream: {}, want: {} };

/** One config in which each case has its groups, named `CASE.GROUP`, on a part of the upstream of its own. */
export function fieldConfig(given: readonly ServedCase[], upstreamHost: string): string {
  const cases = given.length > 0 ? given : [NOTHING];
  const groups = cases.flatMap((one) =>
    Object.entries(one.groups ?? { m: {} }).map(([name, group]) => ({ id: one.id, name, group })),
  );
  const policies = groups.flatMap(({ id, name, group: { retry_policy: policy } }) =>
    policy === undefined ? [] : [[`${id}.${name}`, policy]],
  );
  return stringify({
    model_list: groups.flatMap(({ id, name, group }) => deploymentsOf(id, name, group, upstreamHost)),
    router_settings: {
      model_group_retry_policy: Object.fromEntries(policies),
      ...Object.fromEntries(LISTS.map((list) => [list, cases.flatMap((one) => listOf(one, list))])),
    },
  });
}

function deploymentsOf(id: string, name: string, group: GroupOfCase, upstreamHost: string): unknown[] {
  const { num_retries: retries = NUM_RETRIES, deployments = [{}], params = {} } = group;
  const { host = `http://${upstreamHost}`, ...others } = params;
  return deployments.map((own, index) => ({
    model_name: `${id}.${name}`,
    litellm_params: {
      model: 'openai/field-model',
      api_base: `${String(host)}/${encodeURIComponent(id)}/${name}/${index + 1}/v1`,
      api_key: 'sk-field',
      num_retries: retries,
      ...others,
      ...own,
    },
  }));
}

function listOf(one: ServedCase, list: (typeof LISTS)[number]): Record<string, string[]>[] {
  const lists = 'command' in one ? undefined : one[list];
  const named = (name: string) => `${one.id}.${name}`;
  return Object.entries(lists ?? {}).map(([group, names]) => ({ [named(group)]: names.map(named) }));
}
