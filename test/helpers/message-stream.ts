/** An event of a streamed message, as it goes over the wire. */
export const messageEvent = (type: string, data: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`;

export const USAGE = {
  input_tokens: 5,
  cache_creation_input_tokens: 7,
  cache_read_input_tokens: 11,
  output_tokens: 13,
};

/** A message as Anthropic streams it: thoughts, a text with a citation, and a tool whose input comes in pieces. */
export const RICH = [
  messageEvent('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...USAGE, output_tokens: 1 },
    },
  }),
  messageEvent('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
  messageEvent('ping'),
  messageEvent('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Where ' } }),
  messageEvent('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'is it?' } }),
  messageEvent('content_block_delta', { index: 0, delta: { type: 'signature_delta', signature: 'c2lnbg==' } }),
  messageEvent('content_block_stop', { index: 0 }),
  messageEvent('content_block_start', { index: 1, content_block: { type: 'text', text: '', citations: [] } }),
  messageEvent('content_block_delta', {
    index: 1,
    delta: { type: 'citations_delta', citation: { cited_text: 'Oslo' } },
  }),
  messageEvent('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'I look.' } }),
  messageEvent('content_block_stop', { index: 1 }),
  messageEvent('content_block_start', {
    index: 2,
    content_block: { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
  }),
  messageEvent('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '' } }),
  messageEvent('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '{"city": ' } }),
  messageEvent('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '"Oslo"}' } }),
  messageEvent('content_block_stop', { index: 2 }),
  messageEvent('message_delta', {
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: USAGE.output_tokens },
  }),
  messageEvent('message_stop'),
].join('');

/** What is put together of it. */
export const RICH_CONTENT = [
  { type: 'thinking', thinking: 'Where is it?', signature: 'c2lnbg==' },
  { type: 'text', text: 'I look.', citations: [{ cited_text: 'Oslo' }] },
  { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Oslo' } },
];
