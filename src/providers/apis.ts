import type { Connection } from '../config/index.js';
import { OPERATIONS, type Api, type Operation } from '../core/common/operations.js';
import { MESSAGES_API } from './anthropic/messages-api.js';
import { OPENAI_API } from './openai/openai-api.js';
import type { ProviderApi } from './provider-api.js';

const APIS: Readonly<Record<Api, ProviderApi>> = { openai: OPENAI_API, anthropic: MESSAGES_API };

/** The API that an operation is a part of. */
export function apiOf(operation: Operation): ProviderApi {
  return APIS[OPERATIONS[operation].api];
}

/** The URL that is asked, without its query: that may hold a key. */
export function urlOf(connection: Connection, operation: Operation, model: string): string {
  return apiOf(operation).urlOf(connection, operation, model);
}
