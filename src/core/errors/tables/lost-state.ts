import type { TextRow } from './text-row.js';

/** Codes of a 400 that says that what a request refers to is not there. In small letters. */
export const LOST_STATE_CODES: readonly string[] = [
  'previous_response_not_found', // OpenAI, BerriAI/litellm#10193, 2025-04
  'invalid_encrypted_content', // OpenAI, openai/codex#8119, 2025-12
  'response_not_found',
  'conversation_not_found',
  'item_not_found',
  'file_not_found',
  'invalid_file_id',
  'container_not_found',
  'container_expired',
  'vector_store_not_found',
];

/** State that a provider keeps for one account, or signs with one key: another deployment may have it. */
export const LOST_STATE_TEXTS: readonly TextRow[] = [
  {
    text: /\b(?:response|conversation|container|vector store|thread|item|cached ?content|files?)\b.{0,120}\b(?:(?:could )?not (?:be )?found|do(?:es)? not exist|no longer exists?|(?:has|have|is) expired|not have access)\b/is,
    by: 'OpenAI, Azure, Anthropic, Gemini, vLLM',
    source: 'BerriAI/litellm#10193, router-for-me/CLIProxyAPI#2381',
    date: '2026-03',
  },
  {
    text: /\bencrypted[ _]content\b.{0,200}\b(?:could not|cannot|did not match|failed|invalid)\b/is,
    by: 'OpenAI, Azure',
    source: 'openai/codex#8119',
    date: '2025-12',
  },
  { text: /\bno such file(?: object)?\b/i, by: 'OpenAI', source: 'openai/openai-python', date: '2026-11' },
  { text: /\binvalid file[ _]?id\b/i, by: 'Azure', source: 'BerriAI/litellm', date: '2026-11' },
  {
    text: /(?:\b(?:corrupt\w*|invalid)\b.{0,40}\bsignature\b|\b(?:thought|thinking)[ _]?signature\b.{0,60}\b(?:not valid|invalid|corrupt\w*|could not)\b)/is,
    by: 'Gemini, Anthropic',
    source: 'BerriAI/litellm',
    date: '2026-11',
  },
];
