import { MAX_PAYLOAD_BYTES } from '../../core/common/limits.js';
import type { ProviderEvent } from '../../core/call/stream-part.js';

/** The events of a stream that its reader has not got yet. */
export class HeldEvents {
  private readonly showsUsage: boolean;
  private events: ProviderEvent[] = [];
  private size = 0;
  private isLost = false;

  /** @param showsUsage - whether the reader asked for the chunk with the tokens, which the worker always asks for */
  constructor(showsUsage: boolean) {
    this.showsUsage = showsUsage;
  }

  /** Whether events are missing from here on: more had to be held than fits. The reader takes the rest from the answer. */
  get areLost(): boolean {
    return this.isLost;
  }

  add(event: ProviderEvent, { choices, usage }: Record<string, unknown>): void {
    const isUsageOnly = Array.isArray(choices) && choices.length === 0 && typeof usage === 'object' && usage !== null;
    if (this.isLost || (isUsageOnly && !this.showsUsage)) return;
    this.events.push(event);
    this.size += event.data.length;
    // A provider may send any number of chunks without content.
    if (this.size > MAX_PAYLOAD_BYTES) {
      this.isLost = true;
      this.events = [];
    }
  }

  takeAll(): ProviderEvent[] {
    const { events } = this;
    this.events = [];
    this.size = 0;
    return events;
  }
}
