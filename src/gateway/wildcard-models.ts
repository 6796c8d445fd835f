import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { madeOf, PLACEHOLDER_KEY, type Connection, type LoadedConfig } from '../config/index.js';
import { Turns } from '../core/common/turns.js';
import { listersOf, type ListedBy } from '../core/plan/listed-names.js';
import type { ListModels } from '../providers/list-models.js';

export interface WildcardModelsOptions {
  readonly config: Pick<LoadedConfig, 'routing' | 'connections'>;
  readonly listModels: ListModels;
  readonly clock: Pick<Clock, 'now'>;
  /** How long a list waits for providers that were not asked before. @default 1 s */
  readonly waitMs?: number;
}

const WAIT_MS = 1000;
/** How long a provider may take. What comes after the wait is in the next list. */
const LIMIT_MS = 10_000;
const KEPT_MS = 5 * 60_000;
/** Nothing was listed: asked again sooner. */
const EMPTY_KEPT_MS = 30_000;
const AT_ONCE = 8;
const MAX_NAMES = 5000;

interface Lister extends ListedBy {
  readonly connection: Connection;
}

interface Known {
  readonly models: readonly string[];
  readonly untilMs: number;
}

/**
 * The models that wildcards serve, as their providers list them. Each provider is asked once in a while, and only by who
 * has its key: a gateway without the keys of its workers lists none.
 */
export class WildcardModels {
  private readonly listModels: ListModels;
  private readonly clock: Pick<Clock, 'now'>;
  private readonly waitMs: number;
  private readonly listers: () => readonly Lister[];
  private readonly known = new Map<string, Known>();
  private readonly asking = new Map<string, Promise<void>>();
  private readonly turns = new Turns(AT_ONCE);

  constructor({ config, listModels, clock, waitMs = WAIT_MS }: WildcardModelsOptions) {
    this.listModels = listModels;
    this.clock = clock;
    this.waitMs = waitMs;
    this.listers = madeOf(
      () => config.connections,
      () => listersIn(config),
    );
  }

  /** What is known after the wait at most. Providers that were asked before are not waited for. */
  async names(): Promise<readonly string[]> {
    const isOld = ({ deployment }: Lister) => (this.known.get(deployment)?.untilMs ?? 0) <= this.clock.now();
    const listers = this.listers();
    const asked = listers.filter(isOld).map((lister) => ({ lister, answer: this.ask(lister) }));
    const unknown = asked.filter(({ lister }) => !this.known.has(lister.deployment));
    if (unknown.length > 0) {
      const answers = Promise.all(unknown.map(({ answer }) => answer));
      await Promise.race([answers, sleep(this.waitMs, undefined, { ref: false })]);
    }
    const names = listers.flatMap(({ deployment, nameOf }) =>
      (this.known.get(deployment)?.models ?? []).flatMap((model) => nameOf(model) ?? []),
    );
    return [...new Set(names)].slice(0, MAX_NAMES);
  }

  private ask(lister: Lister): Promise<void> {
    const under = this.asking.get(lister.deployment);
    if (under !== undefined) return under;
    const answer = this.turns.take(() => this.askNow(lister)).finally(() => this.asking.delete(lister.deployment));
    this.asking.set(lister.deployment, answer);
    return answer;
  }

  private async askNow({ deployment, connection }: Lister): Promise<void> {
    const models = await this.listModels(connection, AbortSignal.timeout(LIMIT_MS));
    // A list that was there is better than none.
    const kept = models.length > 0 ? models : (this.known.get(deployment)?.models ?? []);
    const untilMs = this.clock.now() + (models.length > 0 ? KEPT_MS : EMPTY_KEPT_MS);
    this.known.set(deployment, { models: kept, untilMs });
  }
}

function listersIn({ routing, connections }: WildcardModelsOptions['config']): Lister[] {
  return Object.entries(routing.wildcards ?? {}).flatMap(([group, deployments]) => {
    const places = new Set<string>();
    return listersOf(group, deployments).flatMap((lister) => {
      const connection = connections[lister.deployment];
      const isLate = deployments.every(({ id }) => id !== lister.deployment);
      if (connection === undefined || !canList(connection, isLate)) return [];
      // A provider may have several prefixes: the first of them says it all.
      if (isLate && places.has(connection.apiBase)) return [];
      places.add(connection.apiBase);
      return [{ ...lister, connection }];
    });
  });
}

/**
 * Azure's older form lists models, not deployments. Where a wildcard stands for every provider, those are asked that a key
 * was set for: nobody said that there is a server of one's own, or an account at a cloud.
 */
function canList({ apiKey, deploymentInPath, signIn }: Connection, isLate: boolean): boolean {
  if (deploymentInPath !== undefined || apiKey === '') return false;
  return !isLate || (apiKey !== PLACEHOLDER_KEY && signIn === undefined);
}
