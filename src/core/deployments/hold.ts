/** A group or a deployment that nobody may ask until it is released. */
export interface Hold {
  readonly kind: 'group' | 'deployment';
  /** Its name, or its id. */
  readonly target: string;
  /** Ids by the config: those of a group. */
  readonly deployments: readonly string[];
  readonly by: string;
  readonly why: string;
  /** Since when, ms since the epoch. */
  readonly sinceMs: number;
  /** Whether calls go on to their fallbacks, where they have some; else they wait. */
  readonly diverts: boolean;
}

/** Whose a deployment is. */
interface Belongs {
  readonly group: string;
  /** The one of the config that it stands for. @default itself */
  readonly configuredId?: string | undefined;
}

/** The hold of a deployment: of its group before its own. */
export function holdOf(holds: readonly Hold[], id: string, about: Belongs | undefined): Hold | undefined {
  const { group, configuredId = id } = about ?? {};
  const held = holds.filter(({ kind, target, deployments }) => {
    const isNamed = kind === 'group' ? target === group : target === id;
    return isNamed || deployments.includes(id) || deployments.includes(configuredId);
  });
  return held.find(({ kind }) => kind === 'group') ?? held[0];
}

/** In words, for the ledger. */
export function holdText({ kind, target, by, why }: Hold): string {
  return `${kind} ${target} is held by ${by}: ${why}`;
}

const LEAST_LOOK_MS = 2_000;
const MOST_LOOK_MS = 60_000;

/** How long after this a call looks again whether a hold has ended: the longer it has lasted, the later. */
export function looksAgainMs({ sinceMs }: Pick<Hold, 'sinceMs'>, nowMs: number): number {
  return Math.min(MOST_LOOK_MS, Math.max(LEAST_LOOK_MS, (nowMs - sinceMs) / 4));
}
