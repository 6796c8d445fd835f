import { finishMeaning } from '../../core/errors/tables/finish-reasons.js';
import { fieldsOf } from '../../core/common/fields.js';
import { parseJson } from '../provider-error.js';
import { isFilled, type Assembler, type ChunkMark } from '../stream/assembler.js';
import { setField } from '../stream/merge-delta.js';

type Fields = Record<string, unknown>;

interface Block {
  content: Fields;
  /** The input of a tool, in JSON as a text. */
  json: string;
}

/** What a reader sees of a block from its start: a text, and all of one that has no deltas. */
const CONTENT: readonly string[] = ['text', 'thinking', 'data', 'content'];

const NOTHING: ChunkMark = { hasContent: false, end: null };

/** The events of a message of Anthropic's API: it begins, each of its blocks comes in deltas, and it ends. */
export class MessageAssembler implements Assembler {
  hasContent = false;
  isOver = false;
  usage: unknown = null;
  /** Whether it was told how the message ended; what is told at its beginning is a form. */
  private isEnded = false;
  private readonly message: Fields = {};
  private readonly blocks = new Map<number, Block>();

  isPiece({ type }: Fields): boolean {
    return typeof type === 'string' && /^(?:message|content_block)_/.test(type);
  }

  add({ type, ...event }: Fields): ChunkMark {
    switch (type) {
      case 'message_start':
        this.setAll(fieldsOf(event['message']));
        return NOTHING;
      case 'content_block_start': {
        const content = structuredClone(fieldsOf(event['content_block']));
        this.blockAt(event['index']).content = content;
        return this.marked(CONTENT.some((field) => isFilled(content[field])));
      }
      case 'content_block_delta': {
        const { type: _, ...delta } = fieldsOf(event['delta']);
        this.addDelta(this.blockAt(event['index']), delta);
        return this.marked(Object.values(delta).some(isFilled));
      }
      case 'message_delta': {
        const { delta, ...others } = event;
        this.setAll({ ...others, ...fieldsOf(delta) });
        const end = finishMeaning(fieldsOf(delta)['stop_reason']);
        this.isEnded ||= end !== null;
        return { hasContent: false, end };
      }
      case 'message_stop':
        this.isOver = true;
        return { hasContent: false, end: 'end' };
      default:
        return NOTHING;
    }
  }

  isWhole(): boolean {
    return this.isOver || this.isEnded;
  }

  response(): unknown {
    const blocks = [...this.blocks].toSorted(([one], [other]) => one - other);
    return { ...this.message, content: blocks.map(([, block]) => wholeBlock(block)) };
  }

  private marked(hasContent: boolean): ChunkMark {
    this.hasContent ||= hasContent;
    return { hasContent, end: null };
  }

  /** What comes later adds to what was said, the tokens above all. */
  private setAll({ usage, ...fields }: Fields): void {
    for (const [key, value] of Object.entries(fields)) setField(this.message, key, value);
    if (usage === undefined || usage === null) return;
    const said = Object.entries(fieldsOf(usage)).filter(([, value]) => value !== null);
    this.usage = { ...fieldsOf(this.usage), ...Object.fromEntries(said) };
    setField(this.message, 'usage', this.usage);
  }

  private blockAt(place: unknown): Block {
    const index = Number(place);
    const known = this.blocks.get(index);
    if (known !== undefined) return known;
    const block = { content: { type: 'text' }, json: '' };
    this.blocks.set(index, block);
    return block;
  }

  /** Texts go on, a citation is one more, and what a tool is called with comes as pieces of JSON. */
  private addDelta(block: Block, delta: Fields): void {
    for (const [key, value] of Object.entries(delta)) {
      if (key === 'partial_json') block.json += String(value);
      else if (key === 'citation') citationsOf(block).push(value);
      else setField(block.content, key, typeof value === 'string' ? textIn(block, key) + value : value);
    }
  }
}

function citationsOf({ content }: Block): unknown[] {
  const { citations } = content;
  if (Array.isArray(citations)) return citations;
  const none: unknown[] = [];
  content['citations'] = none;
  return none;
}

function textIn({ content }: Block, key: string): string {
  const { [key]: known } = content;
  return typeof known === 'string' ? known : '';
}

/** JSON that was cut off by a limit stays a text. */
function wholeBlock({ content, json }: Block): Fields {
  return json === '' ? content : { ...content, input: parseJson(json) ?? json };
}
