import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes longest, as paths begin. It comes first: what is begun last runs on alone, when the other processes are done.
 * After a run Vitest itself knows what took how long, but not in a fresh clone.
 */
const LONG = [
  'test/driven/outages',
  'test/workflows/first-task-outages',
  'test/parity/parity',
  'test/e2e/driven-kill',
  'test/e2e/kill',
  'test/cli/batch-control',
  'test/e2e/',
  'test/field/',
  'test/clients/python',
  'test/workflows/batch/',
  'test/gateway/openai-python-streams',
  'test/gateway/schemathesis',
  'test/replay/',
  'test/client/rolling-deploy',
  'test/clients/',
  'test/cli/batch',
  'test/workflows/',
  'test/driven/',
];

/** The processes go on from file to file of a project; the main one, which has the long files, is first. */
const rankOf = ({ project, moduleId }: TestSpecification): number => {
  if (project.name !== 'main') return LONG.length + 1;
  const rank = LONG.findIndex((path) => moduleId.includes(`/${path}`));
  return rank === -1 ? LONG.length : rank;
};

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other));
  }
}
