import { ownProperty } from '../core/common/own-property.js';
import type { RawRequest } from '../core/plan/request.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import { deploymentsOf } from '../core/plan/wildcards.js';
import type { RowCall } from './check-row.js';
import type { TokenCounter } from './token-counter.js';

/** So many models are told apart; what is beyond is counted as one. */
const MAX_GROUPS = 1000;
const OTHERS = '*';

/** What the prompts of a model group have. */
export interface GroupTokens {
  readonly rows: number;
  readonly tokens: number;
  /** Of the row with the most. */
  readonly largest: number;
}

const NONE: GroupTokens = { rows: 0, tokens: 0, largest: 0 };

/** The tokens of an input, by the model that is asked for. */
export class TokenEstimate {
  readonly #groups = new Map<string, GroupTokens>();
  readonly #models = new Map<string, string>();
  readonly #counter: TokenCounter;
  readonly #routing: RoutingConfig;

  constructor(counter: TokenCounter, routing: RoutingConfig) {
    this.#counter = counter;
    this.#routing = routing;
  }

  /** Counts a row, and says how many tokens its prompt has. */
  take({ operation, model: group }: RowCall, request: RawRequest): number {
    const tokens = this.#counter.count(operation, this.#modelOf(group), request);
    const name = this.#groups.has(group) || this.#groups.size < MAX_GROUPS ? group : OTHERS;
    const before = this.#groups.get(name) ?? NONE;
    this.#groups.set(name, {
      rows: before.rows + 1,
      tokens: before.tokens + tokens,
      largest: Math.max(before.largest, tokens),
    });
    return tokens;
  }

  get groups(): Readonly<Record<string, GroupTokens>> {
    return Object.fromEntries(this.#groups);
  }

  /** The provider's name for the model: that of the first deployment, as all of a group have much the same model. */
  #modelOf(group: string): string {
    const known = this.#models.get(group);
    if (known !== undefined) return known;
    const target = ownProperty(this.#routing.aliases, group) ?? group;
    const model = deploymentsOf(this.#routing, target)?.[0]?.model ?? group;
    if (this.#models.size < MAX_GROUPS) this.#models.set(group, model);
    return model;
  }
}
