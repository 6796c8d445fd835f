import { DefaultLogger, Runtime } from '@temporalio/worker';
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir, version] = process.argv.slice(2);
if (downloadDir === undefined || version === undefined) throw new Error('usage: sdk-download <directory> <version>');

Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
try {
  // The SDK downloads only to start a server; once that has worked the binary is whole.
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir, version: `v${version}` } },
  });
  await environment.teardown();
  process.exit(0);
} catch {
  process.exit(1);
}
