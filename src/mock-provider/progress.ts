import { parseFaultName } from './fault-names.js';
import { checkScript } from './parse-script.js';
import { mixedStep } from './mixed-step.js';
import { promptHash, type JsonObject } from './prompt.js';
import type { Mix, Script, Step } from './steps.js';

/** Knows which step comes next. */
export interface Progress {
  /** Under steps of a script each model goes its way once; under a mix, and under a fault name, each prompt does. */
  next(model: string, body: JsonObject): Step;
  /** Models that the script names. */
  models(): string[];
  setScript: (script: Script) => void;
  /** Starts every model and prompt at its first step again. */
  restart(): void;
}

const GOOD: readonly Step[] = [{}];

export function createProgress(initial: Script): Progress {
  let scripted = compile(initial);
  const faults = new Map<string, readonly Step[]>();
  const taken = new Map<string, number>();

  const faultSteps = (model: string): readonly Step[] => {
    const known = faults.get(model);
    if (known) return known;
    const steps = parseFaultName(model) ?? GOOD;
    faults.set(model, steps);
    return steps;
  };

  /** How often it was asked before. */
  const count = (key: string): number => {
    const before = taken.get(key) ?? 0;
    taken.set(key, before + 1);
    return before;
  };

  const nth = (steps: readonly Step[], index: number): Step => steps[Math.min(index, steps.length - 1)] ?? {};

  return {
    next(model, body) {
      const own = scripted.get(model);
      const ofPrompt = () => `${promptHash(body)} ${model}`;
      if (own !== undefined && 'rate' in own) {
        const key = ofPrompt();
        return mixedStep(own, `${key} ${count(key)}`);
      }
      const steps = own ?? faultSteps(model);
      // Nothing to count, which spares a benchmark the hash.
      if (steps.length === 1) return steps[0] ?? {};
      return nth(steps, count(own ? JSON.stringify(model) : ofPrompt()));
    },
    models: () => [...scripted.keys()],
    setScript(script) {
      scripted = compile(script);
      taken.clear();
    },
    restart: () => taken.clear(),
  };
}

type Compiled = readonly Step[] | (Omit<Mix, 'faults'> & { readonly faults: readonly Step[] });

function compile(script: Script): Map<string, Compiled> {
  return new Map(
    Object.entries(checkScript(script)).map(([model, its]) => [
      model,
      typeof its === 'object' && 'rate' in its ? { ...its, faults: stepsOf(its.faults) } : stepsOf(its),
    ]),
  );
}

function stepsOf(steps: readonly Step[] | string): readonly Step[] {
  return typeof steps === 'string' ? (parseFaultName(steps) ?? GOOD) : steps;
}
