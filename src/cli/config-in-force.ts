import type { Registry } from 'prom-client';
import type { Logger } from 'pino';
import { systemClock } from '../clock.js';
import { followConfig, liveConfig, loadConfig, type LoadedConfig, type LoadOptions } from '../config/index.js';
import { ConfigMetrics } from '../metrics/config-metrics.js';
import { isoTime } from '../core/common/iso-time.js';

interface FollowingOptions {
  readonly log: Logger;
  /** @default nobody asks for what is counted */
  readonly registry?: Registry | undefined;
}

/** The config of a process that runs for long. */
export interface ConfigInForce {
  /** What is in force, also after the file has changed. */
  readonly config: LoadedConfig;
  /** Reads the file again when it changes, until `stop`. */
  follow(options: FollowingOptions): Following;
}

interface Following {
  readAgain(): void;
  stop(): void;
}

/** @throws ConfigError when it cannot be read or used */
export async function openConfig(file: string, load: LoadOptions): Promise<ConfigInForce> {
  const files = new Set<string>();
  const live = liveConfig(await loadConfig(file, { ...load, onRead: (each) => void files.add(each) }));
  const { config } = live;
  const hasKeys = config.gateway.keys.length > 0;
  /** Who needs no key is served on this machine only, which is settled when the gateway begins to listen. */
  const whyNot = (next: LoadedConfig) =>
    next.gateway.keys.length > 0 === hasKeys
      ? null
      : `${file}: whether a gateway has keys at all, or none, can only be changed by a restart`;
  return {
    config,
    follow: ({ log, registry }) => {
      const metrics = registry && new ConfigMetrics(registry);
      metrics?.inForce(config.routing.hash, systemClock.now());
      log.info({ file, hash: config.routing.hash }, 'config in force');
      return followConfig({
        file,
        files,
        load,
        live,
        whyNot,
        tell: (read) => {
          if ('refused' in read) {
            metrics?.refused();
            const why = read.refused.message;
            log.warn(
              { file, hash: config.routing.hash, why },
              'the config was read again and is refused: the one before stays in force',
            );
            return;
          }
          const nowMs = systemClock.now();
          metrics?.inForce(read.hash, nowMs);
          log.info({ file, hash: read.hash }, 'config in force');
          if (read.late.length > 0) {
            log.warn({ file, late: read.late }, 'these parts of the config count after a restart');
          }
          console.log(`holdfast: config ${file} was read again: ${read.hash} is in force since ${isoTime(nowMs)}`);
        },
      });
    },
  };
}
