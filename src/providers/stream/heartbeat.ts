import { fieldsOf } from '../../core/common/fields.js';
import { isBlank } from '../provider-error.js';

/**
 * Events that only say that the connection lives: by their name, by their type, or by a text that is no JSON. The comment
 * of server-sent events would be the proper way (netease-lcap/wave-agent#1326, modelcontextprotocol/python-sdk#1670).
 */
const NAME = /^(?:ping|pong|heart-?beat|keep[-_ ]?alive)$/i;
const TEXT = /^[:\s]*(?:ping|pong|heart-?beat|keep[-_ ]?alive|openrouter processing|processing)[\s.!]*$/i;

/** @param chunk - the data as JSON; undefined: it is none */
export function isHeartbeat(event: string | undefined, data: string, chunk: unknown): boolean {
  if (event === 'error') return false;
  if (event !== undefined && NAME.test(event)) return true;
  if (chunk === undefined) return data.trim() === '' || TEXT.test(data);
  const { type, object } = fieldsOf(chunk);
  const isNamed = [type, object].some((name) => typeof name === 'string' && NAME.test(name));
  return isNamed || (isBlank(chunk) && (typeof chunk === 'object' || chunk === ''));
}
