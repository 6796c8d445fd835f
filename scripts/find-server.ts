import { findTemporalCli } from '../src/dev-server/index.js';
import { downloadCli } from './download-cli.js';

try {
  const found = await findTemporalCli({ report: (line) => console.log(line), download: downloadCli });
  console.log(
    found.kind === 'address'
      ? `Temporal server: ${found.address} (${found.from})`
      : `Temporal CLI: ${found.path} (${found.from})`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
