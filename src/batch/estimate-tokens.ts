/** English has about four letters a token; scripts with three bytes a letter have about one letter a token. */
const BYTES_PER_TOKEN = 4;

/** About how many tokens a prompt has, whatever its form. Images and sound that stand in it as data are not counted. */
export function estimateTokens(prompt: unknown): number {
  if (typeof prompt === 'string') return prompt.startsWith('data:') ? 0 : Buffer.byteLength(prompt) / BYTES_PER_TOKEN;
  // A prompt may be given in tokens.
  if (typeof prompt === 'number') return 1;
  if (typeof prompt !== 'object' || prompt === null) return 0;
  let tokens = 0;
  for (const part of Object.values(prompt)) tokens += estimateTokens(part);
  return tokens;
}
