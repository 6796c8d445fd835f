import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RowState } from '../batch/index.js';
import type { CallEvent, FailureEvent, SuccessEvent } from '../callbacks/events.js';
import type { DeploymentPlan, RoutingConfig } from '../core/plan/settings.js';
import { begunMs, type GroupProgress } from '../core/retries/progress.js';
import type { Standing } from '../providers/shared-board.js';
import { deploymentLabels, groupLabel, type DeploymentLabels } from './config-names.js';
import { WaitingCalls, type Wait } from './waiting-calls.js';

/** Providers answer after a moment, or think for minutes. */
const LATENCY_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600];

/** LiteLLM's values of `litellm_deployment_state`. */
const STATES = { healthy: 0, 'partial outage': 1, outage: 2 } as const;

/** What a circuit lets through: everything, at a rate that grows, one attempt, or nothing. */
const CIRCUITS = { closed: 0, ramp: 1, 'half-open': 2, probing: 3, cooling: 4, held: 5 } as const;

/** Limits, by their names in configs. */
const LIMITS = { rpm: 'rpm', tpm: 'tpm', maxParallelRequests: 'max_parallel_requests' } as const;

const DEPLOYMENT = ['requested_model', 'model_id', 'litellm_model_name'] as const;
const FAILURE = [...DEPLOYMENT, 'exception_class', 'exception_status'] as const;
const SHARE = [...DEPLOYMENT, 'limit'] as const;
const WAITING = ['group', 'reason'] as const;

/** The call that an attempt is of, and the group that it asks. */
interface AttemptOf {
  readonly callId: string;
  readonly runId: string;
  readonly group: string;
}

interface AttemptMetricsOptions {
  readonly registry: Registry;
  readonly routing: RoutingConfig;
  /** How a deployment stands, and what this worker has of its limits, by its id. */
  readonly standing: (id: string) => Standing;
  /** Whether the board of the providers answers. */
  readonly isBoardReached: () => boolean;
  readonly now: () => number;
}

/**
 * What a worker counts of its attempts, each as it ends, for Prometheus. Names and labels are LiteLLM's where they mean
 * the same. Labels hold names of the config only, so that callers cannot make new ones.
 */
export class AttemptMetrics {
  readonly #options: AttemptMetricsOptions;
  readonly #waiting = new WaitingCalls();
  /** Deployments whose last attempt failed. */
  readonly #failing = new Set<string>();
  readonly #total: Counter<(typeof DEPLOYMENT)[number]>;
  readonly #answered: Counter<(typeof DEPLOYMENT)[number]>;
  readonly #failed: Counter<(typeof FAILURE)[number]>;
  readonly #promptTokens: Counter<(typeof DEPLOYMENT)[number]>;
  readonly #completionTokens: Counter<(typeof DEPLOYMENT)[number]>;
  readonly #retries: Counter<'group'>;
  readonly #fallbacks: Counter<'from' | 'group'>;
  readonly #lost: Counter<'group'>;
  readonly #rows: Counter<'state'>;
  readonly #latency: Histogram<(typeof DEPLOYMENT)[number]>;
  readonly #inFlight: Gauge<(typeof DEPLOYMENT)[number]>;

  constructor(options: AttemptMetricsOptions) {
    this.#options = options;
    const { registry } = options;
    this.#total = this.#deploymentCounter('litellm_deployment_total_requests_total', 'Attempts that ended');
    this.#answered = this.#deploymentCounter('litellm_deployment_success_responses_total', 'Attempts that answered');
    this.#failed = this.#counter('litellm_deployment_failure_responses_total', 'Attempts that failed', FAILURE);
    this.#promptTokens = this.#deploymentCounter('litellm_input_tokens_metric_total', 'Tokens of prompts');
    this.#completionTokens = this.#deploymentCounter('litellm_output_tokens_metric_total', 'Tokens of answers');
    this.#retries = this.#counter('holdfast_retries_total', 'Retries that were decided', ['group']);
    this.#fallbacks = this.#counter('holdfast_fallbacks_total', 'Calls that went to a fallback', ['from', 'group']);
    this.#lost = this.#counter('holdfast_attempts_lost_total', 'Attempts lost with their worker', ['group']);
    this.#rows = this.#counter('holdfast_batch_rows_total', 'Rows of batches, as it is written how they stand', [
      'state',
    ]);
    this.#latency = new Histogram({
      name: 'litellm_llm_api_latency_metric',
      help: 'Seconds that attempts took which answered',
      labelNames: DEPLOYMENT,
      buckets: LATENCY_BUCKETS,
      registers: [registry],
    });
    this.#inFlight = this.#gauge('holdfast_attempts_in_flight', 'Attempts under way', DEPLOYMENT);
    // Those of one look are set together: metrics are collected in the order in which they were made.
    this.#gauge('holdfast_calls_waiting', 'Calls that wait for an attempt', WAITING, (gauge) => {
      const nowMs = options.now();
      oldest.reset();
      for (const { group, reason, calls, sinceMs } of this.#waiting.groups(nowMs)) {
        gauge.set({ group, reason }, calls);
        oldest.set({ group, reason }, (nowMs - sinceMs) / 1000);
      }
    });
    const oldest = this.#gauge('holdfast_oldest_wait_seconds', 'Since the first attempt of such a call', WAITING);
    this.#gauge('holdfast_board_reached', '1: the board of the providers answers, 0: it does not', [], (gauge) =>
      gauge.set(options.isBoardReached() ? 1 : 0),
    );
    this.#gauge('holdfast_circuit_state', 'Of a deployment, as all workers know it', DEPLOYMENT, (gauge) => {
      states.reset();
      shares.reset();
      for (const [labels, id] of this.#deployments()) {
        const standing = options.standing(id);
        gauge.set({ ...labels }, CIRCUITS[standing.state]);
        states.set({ ...labels }, STATES[this.#stateOf(id, standing)]);
        for (const [limit, part] of sharesOf(standing)) shares.set({ ...labels, limit }, part);
      }
    });
    const states = this.#gauge(
      'litellm_deployment_state',
      '0: healthy, 1: its last attempt failed, 2: cools',
      DEPLOYMENT,
    );
    const shares = this.#gauge('holdfast_limit_share', 'What this worker may use of a limit', SHARE);
  }

  /** An attempt asks a deployment. Returns what is to be called when it has ended. */
  began({ callId, runId, group }: AttemptOf, { id }: Pick<DeploymentPlan, 'id'>): () => void {
    this.#waiting.ended(`${callId}/${runId}`);
    const labels = this.#labels(group, id);
    this.#inFlight.inc(labels);
    return () => this.#inFlight.dec(labels);
  }

  /** Temporal starts the next attempt of a call when its time has come. */
  waits({ callId, runId, group }: AttemptOf, progress: GroupProgress, wait: Pick<Wait, 'reason' | 'untilMs'>): void {
    const nowMs = this.#options.now();
    const sinceMs = begunMs(progress) ?? nowMs;
    const label = groupLabel(this.#options.routing, group);
    this.#waiting.waits(`${callId}/${runId}`, { ...wait, sinceMs, group: label }, nowMs);
  }

  /** So many attempts of a group, or none, turned out to be lost. */
  lost(group: string, attempts: number): void {
    this.#lost.inc({ group: groupLabel(this.#options.routing, group) }, attempts);
  }

  row(state: RowState): void {
    this.#rows.inc({ state });
  }

  notify(event: CallEvent): void {
    const { routing } = this.#options;
    if (event.type === 'fallback') {
      this.#waiting.ended(`${event.callId}/${event.runId}`);
      this.#fallbacks.inc({ from: groupLabel(routing, event.from), group: groupLabel(routing, event.to) });
    } else this.#ended(event);
  }

  #ended(event: SuccessEvent | FailureEvent): void {
    const labels = this.#labels(event.group, event.deployment);
    this.#total.inc(labels);
    if (event.type === 'success') {
      this.#answered.inc(labels);
      this.#latency.observe(labels, event.durationMs / 1000);
      this.#failing.delete(labels.model_id);
    } else {
      this.#failed.inc({ ...labels, exception_class: event.kind, exception_status: String(event.status) });
      if (event.next.action === 'retry') this.#retries.inc({ group: labels.requested_model });
      this.#failing.add(labels.model_id);
    }
    this.#promptTokens.inc(labels, event.tokens?.prompt ?? 0);
    this.#completionTokens.inc(labels, event.tokens?.completion ?? 0);
  }

  #labels(group: string, deployment: string): Record<keyof DeploymentLabels, string> {
    return { ...deploymentLabels(this.#options.routing, group, deployment) };
  }

  #stateOf(id: string, { state }: Standing): keyof typeof STATES {
    if (state === 'cooling' || state === 'probing') return 'outage';
    return this.#failing.has(id) ? 'partial outage' : 'healthy';
  }

  /** The deployments that the config names. */
  #deployments(): [labels: DeploymentLabels, id: string][] {
    const { routing } = this.#options;
    return Object.entries(routing.groups).flatMap(([group, deployments]) =>
      deployments.map(({ id }): [DeploymentLabels, string] => [deploymentLabels(routing, group, id), id]),
    );
  }

  #deploymentCounter(name: string, help: string) {
    return this.#counter(name, help, DEPLOYMENT);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#options.registry] });
  }

  /** @param collect - sets all its values, each time that somebody asks. @default they are set as things happen */
  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect?: (gauge: Gauge<Label>) => void,
  ): Gauge<Label> {
    return new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#options.registry],
      ...(collect && {
        collect() {
          this.reset();
          collect(this);
        },
      }),
    });
  }
}

function sharesOf({ share }: Standing): [limit: string, part: number][] {
  return Object.entries(LIMITS).flatMap(([limit, name]): [string, number][] => {
    const part = share[limit as keyof typeof LIMITS];
    return part === undefined ? [] : [[name, part]];
  });
}
