import type { TextRow } from './text-row.js';

/** What is written when a parameter is not supported, or not known. */
export const UNSUPPORTED_PARAMS_TEXTS: readonly TextRow[] = [
  { text: /\bunsupported parameters?\b/i, by: 'OpenAI', source: 'BerriAI/litellm', date: '2026-11' },
  { text: /\bunknown parameters?\b/i, by: 'OpenAI', source: 'QuantumNous/new-api#418', date: '2024-08' },
  { text: /unrecognized request arguments?/i, by: 'OpenAI, Azure', source: 'BerriAI/litellm', date: '2026-11' },
  {
    text: /extra inputs are not permitted/i,
    by: 'FastAPI: vLLM, Mistral',
    source: 'gpustack/gpustack#429',
    date: '2024-10',
  },
  {
    text: /extra parameters .* are not allowed/i,
    by: 'Azure AI',
    source: 'CherryHQ/cherry-studio#9214',
    date: '2025-08',
  },
  {
    text: /\blitellm\.UnsupportedParamsError\b/,
    by: "LiteLLM's proxy",
    source: 'BerriAI/litellm 1.106',
    date: '2026-11',
  },
];
