import type { Durability, FirstAttempt } from '../../core/call/durability.js';
import type { OperationalSettings } from '../../core/deployments/operational.js';
import type { Ceilings, RoutingConfig } from '../../core/plan/settings.js';
import type { WebhookRule } from '../../core/plan/webhooks.js';
import type { Note } from '../findings/config-error.js';
import type { HonouredKey } from '../findings/findings.js';
import type { MessagesEndpoint } from '../tables/messages-apis.js';

/** How requests are signed in without a key. Never leaves the worker, and is secret like keys. */
export type SignIn =
  | {
      readonly by: 'aws';
      /** As signatures name it. */
      readonly service: string;
      readonly region: string;
      /** @default as AWS's own programs find them: variables, profiles, the machine's role */
      readonly credentials?: AwsKeys | { readonly profile: string } | undefined;
    }
  | {
      readonly by: 'google';
      /** What such a file has, or where it is. @default application default credentials */
      readonly credentials?: Readonly<Record<string, unknown>> | string | undefined;
    };

interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** How a worker reaches a deployment. Never leaves the worker. */
export interface Connection {
  /** Who is asked, by the prefix of LiteLLM's model names. */
  readonly provider: string;
  /** Base URL of the OpenAI-compatible endpoint; where deployments are named in paths, of the resource. */
  readonly apiBase: string;
  /** What follows the `?` of each URL: Azure's `api-version`, for instance. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /**
   * Azure's older paths, which name a deployment: this one, as it stands in a URL, or null for the one that is named as
   * the model is. @default OpenAI's paths
   */
  readonly deploymentInPath?: string | null | undefined;
  readonly apiKey: string;
  /** Takes the place of the key. */
  readonly signIn?: SignIn | undefined;
  /** @default `Authorization: Bearer` */
  readonly keyHeader?: 'api-key' | undefined;
  /** @default it has none */
  readonly messages?: MessagesEndpoint | undefined;
  readonly organization?: string | undefined;
  /** Sent with each request, and secret like keys. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Fields of the body that the deployment sets, `temperature` for instance; those of a request win. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Fields of the body that win over those of a request. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
}

/** A module with callbacks, which a worker loads when it starts. */
export interface CallbackModule {
  /** Absolute path. */
  readonly file: string;
  /** Where the config names it, for messages. */
  readonly path: string;
}

/** A key that the gateway lets in. */
export interface GatewayKey {
  /** Names the key in logs, and keeps its calls apart from those of others. */
  readonly id: string;
  /** 64 hex digits; null when it is not known here: then the key lets nobody in. */
  readonly sha256: string | null;
  /** The same of the key that follows it: while a key is changed both are let in. @default there is none */
  readonly nextSha256?: string | undefined;
  /** From then on it lets nobody in, ms since the epoch. @default never */
  readonly expiresMs?: number | undefined;
  /** The model groups that may be asked for, also by wildcards. @default all */
  readonly models?: readonly string[] | undefined;
  /** Calls that may be started within a minute. @default no limit */
  readonly rpmLimit?: number | undefined;
  /** Requests that may be under way at once. @default that of all keys */
  readonly maxParallelRequests?: number | undefined;
  /** Uploads that may be under way at once. @default that of all keys */
  readonly maxParallelUploads?: number | undefined;
  /** How much its uploads may have together. @default that of all keys */
  readonly maxStoredBytes?: number | undefined;
  /** What its requests may ask for at most, where it is not what all may. */
  readonly ceilings?: Ceilings | undefined;
  /** When its calls become workflows. @default the gateway's */
  readonly durability?: Durability | undefined;
}

/** What the gateway needs beside the routing. Each gateway counts for itself. */
export interface GatewaySettings {
  /** None: everybody is let in. */
  readonly keys: readonly GatewayKey[];
  /** Aliases that are served, but not listed among the models. @default none */
  readonly hiddenAliases?: readonly string[] | undefined;
  /** Requests of all keys that may be under way at once. */
  readonly maxParallelRequests?: number | undefined;
  /** What holds for a key that says nothing else itself. */
  readonly eachKey?: Pick<GatewayKey, 'maxParallelRequests' | 'maxParallelUploads' | 'maxStoredBytes'> | undefined;
  /** Bytes of bodies that may be on their way at once. @default 256 MiB */
  readonly maxReceivingBytes?: number | undefined;
  /** What requests may ask for at most. @default anything */
  readonly ceilings?: Ceilings | undefined;
  /** How often workers check deployments that nobody asks. @default they do not */
  readonly healthCheckEveryMs?: number | undefined;
  /** How long a stream may be silent before a comment keeps it alive; 0: no comments. @default 15 s */
  readonly keepAliveMs?: number | undefined;
  /** Headers of callers that go to the providers; a `*` stands for any end. @default none */
  readonly forwardedHeaders?: readonly string[] | undefined;
  /** Takes the place of statuses that clients retry by themselves, when a call has made its retries. @default none does */
  readonly exhaustedCallStatus?: number | undefined;
  /** When calls become workflows, where neither request nor key says so. @default always */
  readonly durability?: Durability | undefined;
  /** Who makes first attempts. @default process */
  readonly firstAttempt?: FirstAttempt | undefined;
}

/** A key of AES-256. Never leaves the process. */
export interface ConfiguredKey {
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Where payloads go that are large for Temporal. */
export interface ConfiguredStorage {
  /** A folder, or a bucket. */
  readonly location: string;
  /** @default 64 MB */
  readonly maxPayloadBytes?: number | undefined;
}

/** A webhook, and how it is reached. Never leaves the worker. */
export interface ConfiguredWebhook extends WebhookRule {
  readonly url: string;
  /** Messages are signed with it. */
  readonly secret: Uint8Array;
}

/** A config, checked and complete. */
export interface LoadedConfig {
  /** What messages call it: the name of its file. */
  readonly source: string;
  readonly routing: RoutingConfig;
  /** By the id of the deployment in the config: see `configuredId` for deployments that a wildcard made. */
  readonly connections: Readonly<Record<string, Connection>>;
  /** Why other deployments of the config cannot be asked, by their ids: their provider has no endpoint that is known. */
  readonly unserved: Readonly<Record<string, string>>;
  /** All keys and headers, in every form that a text may quote, to keep them out of all that leaves the worker. */
  readonly secrets: readonly string[];
  readonly operational: OperationalSettings;
  readonly gateway: GatewaySettings;
  readonly callbacks: readonly CallbackModule[];
  /** What is kept is encrypted under the first. @default it is not encrypted */
  readonly encryption?: readonly ConfiguredKey[] | undefined;
  /** @default the config says nothing of it */
  readonly externalStorage?: ConfiguredStorage | undefined;
  /** @default none */
  readonly webhooks?: readonly ConfiguredWebhook[] | undefined;
  /** What is accepted, but does not do what its author may expect. */
  readonly notes: readonly Note[];
  /** The keys that have an effect. */
  readonly honoured: readonly HonouredKey[];
}
