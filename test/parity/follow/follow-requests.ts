import { checkCall, type LoadedConfig } from '../../../src/config/index.js';
import type { CallReport } from '../../../src/core/call/call-types.js';
import { explain, type Explanation } from '../../../src/core/explain/explain.js';
import { EMPTY_LEDGER } from '../../../src/core/ledger/ledger.js';
import type { RecordedRequest, Script } from '../../../src/mock-provider/index.js';
import { upstreamFacts, type AttemptFacts } from './attempt-facts.js';
import { followCall } from './follow-call.js';
import { ExplainedCooldowns } from './explained-cooldowns.js';

/** A request of a case, and what came of it. */
export interface AskedRequest {
  readonly request: Readonly<Record<string, unknown>>;
  readonly askedMs: number;
  /** Null for an answer. */
  readonly kind: string | null;
  readonly report: CallReport | null;
  /** What the upstream got. */
  readonly calls: readonly RecordedRequest[];
}

/**
 * Follows the requests of a case, made one after the other of one worker, through what `explain` tells of each: a line
 * for each thing that it did not tell.
 */
export function followRequests(config: LoadedConfig, script: Script, asked: readonly AskedRequest[]): string[] {
  const cooldowns = new ExplainedCooldowns();
  const factsOf = upstreamFacts(script);
  return asked.flatMap(({ request, askedMs, kind, report, calls }) => {
    const facts = calls.map((call) => ({ model: call.model, facts: factsOf(call) }));
    const explained = explainRequest(config, request);
    if (explained === null || report === null) return withoutCall(explained, { kind, report, calls });
    const { entries } = report.ledger;
    const ofAttempts = entries.filter(({ attempt }) => attempt !== undefined).map(({ model }) => takeOf(model, facts));
    const lines = followCall(explained, { askedMs, kind, report, facts: ofAttempts }, cooldowns);
    if (facts.length > 0) lines.push(`the ledger does not tell of ${facts.length} requests to the upstream`);
    return lines.map((line) => `explain ${line}`);
  });
}

/** What `holdfast explain --json` prints. */
function explainRequest(config: LoadedConfig, request: Readonly<Record<string, unknown>>): Explanation | null {
  const checked = checkCall('chat.completions', request);
  if (checked.problem !== null) return null;
  return JSON.parse(JSON.stringify(explain(config, checked.settings, checked.model))) as Explanation | null;
}

/** A request that is wrong, or for an unknown model, makes no attempt; any other has a report. */
function withoutCall(
  explained: Explanation | null,
  { kind, report, calls }: Pick<AskedRequest, 'kind' | 'report' | 'calls'>,
) {
  const { entries } = report?.ledger ?? EMPTY_LEDGER;
  if (explained === null && kind !== null && entries.length === 0 && calls.length === 0) return [];
  return [
    `explain said ${explained === null ? 'nothing' : 'of groups'}, but there were ${entries.length} entries, ${kind}`,
  ];
}

/** The first of the requests for this model, in order; null where none is left: the attempt did not reach the upstream. */
function takeOf(
  model: string | undefined,
  requests: { readonly model: string | null; readonly facts: AttemptFacts }[],
): AttemptFacts | null {
  const index = requests.findIndex((request) => request.model === model);
  return index === -1 ? null : (requests.splice(index, 1)[0]?.facts ?? null);
}
