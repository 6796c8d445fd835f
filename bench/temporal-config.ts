import { fileURLToPath } from 'node:url';
import { acceptsConnections, freePort, LOOPBACK } from '../src/dev-server/ports.js';
import { POSTGRESQL_USER } from './postgresql.js';

/** As the Compose file has them. */
const DYNAMIC_CONFIG = fileURLToPath(new URL('../deploy/dynamicconfig/holdfast.yaml', import.meta.url));
const SHARDS = 512;

const CLUSTER = 'active';

/** The config of a Temporal server in one process, each of whose services has ports of its own. */
export async function temporalConfig(port: number, databasePort: number): Promise<object> {
  const ports = async (grpcPort: number) => ({
    rpc: { grpcPort, membershipPort: await membershipPort(), bindOnLocalHost: true },
  });
  const address = `${LOOPBACK}:${port}`;
  return {
    log: { stdout: true, level: 'error' },
    persistence: {
      defaultStore: 'default',
      visibilityStore: 'visibility',
      numHistoryShards: SHARDS,
      datastores: { default: store('temporal', databasePort), visibility: store('temporal_visibility', databasePort) },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: LOOPBACK } },
    services: {
      frontend: await ports(port),
      matching: await ports(await freePort()),
      history: await ports(await freePort()),
      worker: await ports(await freePort()),
    },
    clusterMetadata: {
      failoverVersionIncrement: 10,
      masterClusterName: CLUSTER,
      currentClusterName: CLUSTER,
      clusterInformation: {
        [CLUSTER]: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    publicClient: { hostPort: address },
    dynamicConfigClient: { filepath: DYNAMIC_CONFIG, pollInterval: '60s' },
  };
}

/** In PostgreSQL it is a number of 15 bits, which those of `freePort` are not. */
async function membershipPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!(await acceptsConnections(port))) return port;
  }
}

/** Connections as the server's image has them by default. */
function store(databaseName: string, port: number): object {
  return {
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: `${LOOPBACK}:${port}`,
      connectProtocol: 'tcp',
      user: POSTGRESQL_USER,
      maxConns: 20,
      maxIdleConns: 20,
      maxConnLifetime: '1h',
    },
  };
}
