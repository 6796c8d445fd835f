import { parseFaultName } from './fault-names.js';
import { checkScript } from './parse-script.js';
import { promptHash, type JsonObject } from './prompt.js';
import type { Script, Step } from './steps.js';

/** Knows which step comes next. */
export interface Progress {
  /** Under a script each model goes its way once; under a fault name each prompt does. */
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

  const take = (key: string, steps: readonly Step[]): Step => {
    const count = taken.get(key) ?? 0;
    taken.set(key, count + 1);
    return steps[Math.min(count, steps.length - 1)] ?? {};
  };

  return {
    next(model, body) {
      const own = scripted.get(model);
      const steps = own ?? faultSteps(model);
      // Nothing to count, which spares a benchmark the hash.
      if (steps.length === 1) return steps[0] ?? {};
      return take(own ? JSON.stringify(model) : `${promptHash(body)} ${model}`, steps);
    },
    models: () => [...scripted.keys()],
    setScript(script) {
      scripted = compile(script);
      taken.clear();
    },
    restart: () => taken.clear(),
  };
}

function compile(script: Script): Map<string, readonly Step[]> {
  return new Map(
    Object.entries(checkScript(script)).map(([model, steps]) => [
      model,
      typeof steps === 'string' ? (parseFaultName(steps) ?? GOOD) : steps,
    ]),
  );
}
