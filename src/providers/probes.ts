/** Deployments that are back from a cooldown and have not answered since: one attempt at a time probes each. */
export interface Probes {
  /** A deployment begins to cool: when it is back, it is to be probed. */
  expect(id: string, returnsMs: number): void;
  /** An attempt begins. False: another one probes the deployment. */
  begin(id: string): boolean;
  /** The deployment has answered: all follow. */
  passed(id: string): void;
  /** The probe came to no answer: the next attempt is one. */
  ended(id: string): void;
  /** When to look again for a deployment that is being probed; 0: nobody probes it. */
  lookAgainMs(id: string): number;
}

/** A probe that takes longer keeps nobody any more. */
const LONGEST_PROBE_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;
/** What nobody asked for so long is forgotten: callers name the models of a wildcard. */
const REMEMBERED_MS = 60_000;

interface Probed {
  readonly returnsMs: number;
  readonly probeMs: number | null;
}

export function createProbes(now: () => number): Probes {
  const probed = new Map<string, Probed>();
  const lookAgainMs = (id: string): number => {
    const probeMs = probed.get(id)?.probeMs ?? null;
    const nowMs = now();
    return probeMs === null || nowMs >= probeMs + LONGEST_PROBE_MS ? 0 : nowMs + LOOK_AGAIN_MS;
  };
  return {
    expect: (id, returnsMs) => {
      for (const [known, { returnsMs: backMs }] of probed) if (backMs + REMEMBERED_MS <= now()) probed.delete(known);
      probed.set(id, { returnsMs, probeMs: null });
    },
    begin: (id) => {
      const known = probed.get(id);
      if (known === undefined) return true;
      if (lookAgainMs(id) > 0) return false;
      probed.set(id, { ...known, probeMs: now() });
      return true;
    },
    passed: (id) => void probed.delete(id),
    ended: (id) => {
      const known = probed.get(id);
      if (known !== undefined) probed.set(id, { ...known, probeMs: null });
    },
    lookAgainMs,
  };
}
