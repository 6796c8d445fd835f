import { stringifyExactJson } from '../../core/common/exact-json.js';
import { MAX_PAYLOAD_BYTES } from '../../core/common/limits.js';
import type { ProviderEvent } from '../../core/call/stream-part.js';
import type { ChunkMark } from './assembler.js';

type Fields = Record<string, unknown>;

/** The events of a stream that its reader has not got yet. */
export class HeldEvents {
  private readonly hidesUsage: boolean;
  private events: ProviderEvent[] = [];
  /** As many of them may be passed on now. */
  private passable = 0;
  /** Whether an end came, and no content since: it may be the end of all. */
  private isEnding = false;
  /** Whether the answer is not to be passed on before it was judged. */
  private isSealed = false;
  private size = 0;
  private isLost = false;

  /** @param hidesUsage - whether the reader did not ask for the tokens, but the worker did */
  constructor(hidesUsage: boolean) {
    this.hidesUsage = hidesUsage;
  }

  /** Whether events are missing from here on: more had to be held than fits. The reader takes the rest from the answer. */
  get areLost(): boolean {
    return this.isLost;
  }

  add(event: ProviderEvent, chunk: Fields, { hasContent, end }: ChunkMark): void {
    const shown = this.hidesUsage ? withoutUsage(event, chunk, { hasContent, end }) : event;
    if (shown === null || this.isLost) return;
    this.events.push(shown);
    this.size += shown.data.length;
    this.isSealed ||= end !== null && end !== 'end';
    this.isEnding = !hasContent && (this.isEnding || end !== null);
    // Content shows that what came before it was no end, whatever it said.
    if (!this.isEnding) this.passable = this.events.length;
    // A provider may send any number of chunks without content.
    if (this.size > MAX_PAYLOAD_BYTES) {
      this.isLost = true;
      this.events = [];
      this.passable = 0;
    }
  }

  /** Events that are no end which is still to be judged. */
  takePassable(): ProviderEvent[] {
    return this.isSealed ? [] : this.take(this.passable);
  }

  takeAll(): ProviderEvent[] {
    return this.take(this.events.length);
  }

  private take(count: number): ProviderEvent[] {
    const taken = this.events.slice(0, count);
    this.events = this.events.slice(count);
    this.passable = 0;
    this.size -= taken.reduce((sum, { data }) => sum + data.length, 0);
    return taken;
  }
}

/** The event without the tokens that the worker asked for; null: there is nothing else in it. */
function withoutUsage(event: ProviderEvent, chunk: Fields, { hasContent, end }: ChunkMark): ProviderEvent | null {
  if (!Object.hasOwn(chunk, 'usage')) return event;
  const { usage, ...others } = chunk;
  const { choices } = others;
  const hasChoices = Array.isArray(choices) && choices.length > 0;
  const isOnlyUsage = usage !== null && !hasContent && end === null && (!hasChoices || choices.every(isEmptyChoice));
  return isOnlyUsage ? null : { ...event, data: stringifyExactJson(others) };
}

/** A choice that brings nothing: some send the tokens with one (Moonshot and servers like it). */
function isEmptyChoice(choice: unknown): boolean {
  const { index: _, finish_reason: _reason, delta, text, logprobs, ...others } = (choice ?? {}) as Fields;
  const values = [...Object.values((delta ?? {}) as Fields), text, logprobs, ...Object.values(others)];
  return values.every((value) => value === undefined || value === null || value === '');
}
