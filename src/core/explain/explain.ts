import type { CallPlan } from '../plan/call-plan.js';
import { ERROR_KIND_NAMES, type ErrorKind } from '../errors/error-kinds.js';
import { explainGroup, type ExplainableConfig, type ExplainedGroup } from './explain-group.js';
import { Hops, type ExplainedTarget, type ExplainedTargets } from './explain-hops.js';
import {
  canFallBack,
  groupOf,
  listOf,
  nextBy,
  outlook,
  RULE_LISTS,
  startWalk,
  type RuleList,
  type WalkState,
} from '../fallbacks/fallback-walk.js';
import { approvalFor } from '../fallbacks/fallback-approval.js';
import { planOfGroup } from '../call/group-start.js';
import { resolvePlan } from '../call/resolve-plan.js';
import { cutToCeilings } from '../plan/ceilings.js';
import { resolveCall, resolveGroup, type ResolvedCall } from '../plan/resolve-settings.js';
import type { FallbackApproval, FallbackEntry, RequestSettings } from '../plan/settings.js';

/**
 * All that decides what a call does, each value with its source: enough to tell every attempt of a call from the errors
 * that it meets.
 */
export interface Explanation {
  readonly requested: string;
  readonly configHash: string;
  /** What the request asks beyond the ceilings of the operator. */
  readonly cut: readonly string[];
  readonly call: Omit<ResolvedCall, 'lists'>;
  /** Every group that the call can reach; one that is reached with other settings or another body stands here again. */
  readonly groups: readonly ExplainedGroup[];
  readonly walks: readonly ExplainedWalk[];
  /** What the `"*"` of each list names: it comes after all that is made for the groups. */
  readonly wildcards: ExplainedTargets;
  /** What `default_fallbacks` names: it comes last. */
  readonly defaults: readonly ExplainedTarget[];
  /** The groups that ask before a call falls back to them; null: none that the call can reach. */
  readonly approval: FallbackApproval | null;
  /** Whether the request's own `fallbacks` took the place of all lists: then a blocked answer is always delivered. */
  readonly fallbacksOfRequest: boolean;
}

/** The way of a call when every group ends with one of these errors. */
export interface ExplainedWalk {
  readonly kinds: readonly ErrorKind[];
  /** The list that is asked first; null: no other group is asked. */
  readonly list: RuleList | null;
  /** The groups in order, the first one included. */
  readonly steps: readonly ExplainedStep[];
  /** Names that are no groups. */
  readonly passedOver: readonly string[];
  /** Why no further group follows. */
  readonly end: string;
}

interface ExplainedStep {
  readonly group: string;
  /** Which of the groups of the explanation. */
  readonly groupIndex: number;
  /** The share of the time left of the call's `timeout` that the group may use. */
  readonly timeShare: number;
  /** Whether somebody is asked before a call comes to it. */
  readonly asksFirst: boolean;
  /** What becomes of an answer that a content filter blocked. */
  readonly blockedAnswer: 'fails' | 'is delivered';
}

/** Explains what a request for `model` would do. Null when the model is unknown and no default group stands for it. */
export function explain(config: ExplainableConfig, asked: RequestSettings, model: string): Explanation | null {
  const { routing } = config;
  const { settings: request, cut } = cutToCeilings(asked, routing.ceilings);
  const result = resolvePlan(routing, request, model);
  if (!('plan' in result)) return null;
  const { plan } = result;
  const { lists, ...call } = resolveCall(routing, request);
  const hops = new Hops(plan);
  const context = { plan, hops, reserve: call.fallbackReserve.value };
  const walks = [...RULE_LISTS.map((list) => walkBy(list, context)), walkOfTheRest(context)];
  hops.addTheRest();
  return {
    requested: model,
    configHash: routing.hash,
    cut,
    call,
    groups: hops.all.map((hop) => {
      const group = planOfGroup(plan, hop.entry);
      const resolved = resolveGroup(routing, request, group.group, hop.entry.settings);
      return explainGroup({ ...hop, plan: group, resolved, next: hops.next(hop) }, config.operational);
    }),
    walks,
    wildcards: hops.wildcards(),
    defaults: hops.defaults(),
    approval: plan.approval ?? null,
    fallbacksOfRequest: lists.fromRequest,
  };
}

/** What people call the walks. */
const WALK_NAMES: Readonly<Record<RuleList, string>> = {
  fallbacks: 'fallbacks',
  contextWindow: 'context window',
  contentPolicy: 'content policy',
};

interface Context {
  readonly plan: CallPlan;
  readonly hops: Hops;
  /** `fallback_reserve` */
  readonly reserve: number;
}

function walkBy(list: RuleList, context: Context): ExplainedWalk {
  const { plan, hops } = context;
  const steps = [firstStep(context)];
  const passedOver = [...(plan.passedOver ?? [])];
  let step = nextBy(list, plan, startWalk(plan));
  while (step.entry !== null) {
    const groupIndex = hops.add(step.entry, `${WALK_NAMES[list]}, fallback ${steps.length}`);
    steps.push(stepTo(step.entry, groupIndex, step.state, context));
    passedOver.push(...step.unknown);
    step = nextBy(list, plan, step.state);
  }
  passedOver.push(...step.unknown);
  return { kinds: kindsOf(list), list, steps, passedOver, end: step.reason };
}

/** Errors that end the call in whichever group they come up. */
function walkOfTheRest(context: Context): ExplainedWalk {
  return {
    kinds: kindsOf(null),
    list: null,
    steps: [firstStep(context)],
    passedOver: context.plan.passedOver ?? [],
    end: 'another group would not help',
  };
}

function firstStep(context: Context): ExplainedStep {
  return stepTo(context.plan.first, 0, startWalk(context.plan), context);
}

function stepTo(entry: FallbackEntry, groupIndex: number, state: WalkState, { plan, reserve }: Context): ExplainedStep {
  const ahead = outlook(plan, state);
  return {
    group: groupOf(plan, entry),
    groupIndex,
    asksFirst: state.fallbacks > 0 && approvalFor(plan, entry) !== null,
    timeShare: canFallBack(ahead, 'Timeout') ? 1 - reserve : 1,
    blockedAnswer: ahead.blockedAnswerFails ? 'fails' : 'is delivered',
  };
}

function kindsOf(list: RuleList | null): ErrorKind[] {
  return ERROR_KIND_NAMES.filter((kind) => listOf(kind) === list);
}
