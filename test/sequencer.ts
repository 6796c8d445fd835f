import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What waits for most of its time, for kills, time limits and servers: as paths begin, those that take longest first. */
const WAITING = [
  'test/driven/outages',
  'test/e2e/driven-kill',
  'test/e2e/first-task-kill',
  'test/e2e/poison',
  'test/cli/batch-control',
  'test/e2e/kill',
  'test/workflows/batch/',
  'test/client/rolling-deploy',
  'test/e2e/',
  'test/workflows/llm-batch',
  'test/worker/board',
  'test/gateway/stream-faults',
  'test/driven/',
  'test/workflows/first-task-outages',
  'test/callbacks/processes',
  'test/cli/process',
  'test/worker/line',
  'test/workflows/late-row',
];

/** What keeps a processor busy for long. All others take a few seconds each. */
const COMPUTING = [
  'test/parity/parity',
  'test/replay/',
  'test/gateway/openai-python-streams',
  'test/field/',
  'test/gateway/schemathesis',
  'test/clients/',
];

/** Of a file, roughly. */
const SECONDS = { long: 40, short: 4 };

interface Line {
  readonly files: readonly TestSpecification[];
  readonly seconds: (file: TestSpecification) => number;
}

/**
 * Files that wait beside files that compute, until the end: else the processors are idle first, and too few afterwards. In each
 * kind what takes longest comes first: what is begun last runs on alone, when the other processes are done. After a run Vitest
 * itself knows what took how long, but not in a fresh clone.
 */
export class WaitingBesideComputing extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // The processes go on from file to file of a project; the main one, which has the long files, is first.
    const main = sorted.filter(({ project }) => project.name === 'main');
    const others = sorted.filter(({ project }) => project.name !== 'main');
    const waits = (file: TestSpecification): boolean => rankIn(WAITING, file) < WAITING.length;
    const computesLong = (file: TestSpecification): boolean => rankIn(COMPUTING, file) < COMPUTING.length;
    const waiting = {
      files: byRank(WAITING, main.filter(waits)),
      seconds: () => SECONDS.long,
    };
    const computing = {
      files: byRank(
        COMPUTING,
        main.filter((file) => !waits(file)),
      ),
      seconds: (file: TestSpecification) => (computesLong(file) ? SECONDS.long : SECONDS.short),
    };
    return [...together(waiting, computing), ...others];
  }
}

function rankIn(paths: readonly string[], { moduleId }: TestSpecification): number {
  const rank = paths.findIndex((path) => moduleId.includes(`/${path}`));
  return rank === -1 ? paths.length : rank;
}

const byRank = (paths: readonly string[], files: readonly TestSpecification[]): TestSpecification[] =>
  files.toSorted((one, other) => rankIn(paths, one) - rankIn(paths, other));

/** Two lines in one, such that both run out at the same time. */
function together(...lines: readonly [Line, Line]): TestSpecification[] {
  const placed = lines.flatMap(({ files, seconds }) => {
    const total = files.reduce((sum, file) => sum + seconds(file), 0);
    let before = 0;
    return files.map((file) => {
      const at = before / total;
      before += seconds(file);
      return { file, at };
    });
  });
  return placed.toSorted((one, other) => one.at - other.at).map(({ file }) => file);
}
