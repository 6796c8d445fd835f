import type { FieldCase } from './case-file.js';
import { FieldEnvironment, type FieldServers, type RunningGateway } from './environment.js';
import { fieldConfig } from './field-config.js';
import { runAnswer } from './run-answer.js';
import { runConfig } from './run-config.js';
import { runRows } from './run-rows.js';

export interface CaseResult {
  readonly id: string;
  readonly what: string;
  /** What differed, a line each; empty: the case passed. */
  readonly lines: readonly string[];
  readonly elapsedMs: number;
}

/** Runs cases in one environment: those that need no variables of their own share a gateway. */
export class FieldRun {
  private readonly environment: FieldEnvironment;
  private readonly shared: RunningGateway;

  private constructor(environment: FieldEnvironment, shared: RunningGateway) {
    this.environment = environment;
    this.shared = shared;
  }

  static async open(cases: readonly FieldCase[], servers: FieldServers): Promise<FieldRun> {
    const environment = await FieldEnvironment.open(servers);
    try {
      const served = cases.flatMap((each) => (each.type === 'config' || ownEnv(each) !== null ? [] : [each.case]));
      const shared = await environment.serve(fieldConfig(served, environment.upstream.host));
      return new FieldRun(environment, shared);
    } catch (error) {
      await environment.close();
      throw error;
    }
  }

  /** Runs a case. Never throws: what keeps it from running fails it. */
  async run(fieldCase: FieldCase): Promise<CaseResult> {
    const { id, what } = fieldCase;
    const startedMs = performance.now();
    const lines = await this.linesOf(fieldCase).catch((error: unknown) => [String(error)]);
    return { id, what, lines, elapsedMs: performance.now() - startedMs };
  }

  async close(): Promise<void> {
    await this.environment.close();
  }

  private async linesOf(fieldCase: FieldCase): Promise<string[]> {
    const { environment, shared } = this;
    if (fieldCase.type === 'config') return runConfig(fieldCase.case, environment);
    const { id, upstream = {} } = fieldCase.case;
    const part = environment.upstream.part(id, upstream);
    if (fieldCase.type === 'rows') return runRows(fieldCase.case, fieldCase.file, part, shared, environment);
    const env = ownEnv(fieldCase);
    if (env === null) return runAnswer(fieldCase.case, part, shared.url);
    const { host } = environment.upstream;
    const values = Object.entries(env).map(([name, value]) => [name, value.replaceAll('UPSTREAM', host)]);
    const own = await environment.serveApart(fieldConfig([fieldCase.case], host), Object.fromEntries(values));
    try {
      return await runAnswer(fieldCase.case, part, own.url);
    } finally {
      await own.close();
    }
  }
}

function ownEnv(fieldCase: FieldCase): Readonly<Record<string, string>> | null {
  return fieldCase.type === 'answer' ? (fieldCase.case.env ?? null) : null;
}
