import type { Operation } from '../core/common/operations.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import { deploymentsOf } from '../core/plan/wildcards.js';

/** Whom OpenAI asks where a request names no model (its API reference, read 2026-11). Other operations need one. */
const DEFAULT_MODELS: Partial<Record<Operation, string>> = { moderations: 'omni-moderation-latest' };

/** The model group of a request that names none: OpenAI's default, or the only group there is; undefined: it must name one. */
export function defaultModel(operation: Operation, routing: RoutingConfig): string | undefined {
  const byOpenAi = DEFAULT_MODELS[operation];
  if (byOpenAi === undefined) return undefined;
  const { groups, wildcards = {}, aliases } = routing;
  if (Object.hasOwn(aliases, byOpenAi) || deploymentsOf(routing, byOpenAi) !== null) return byOpenAi;
  const [only, ...others] = Object.keys(groups);
  return others.length === 0 && Object.keys(wildcards).length === 0 ? only : undefined;
}
