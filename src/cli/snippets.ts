/** What to paste to make a first call: with curl, and with OpenAI's client. */
export function snippets({ url, group, needsKey }: { url: string; group: string; needsKey: boolean }): string {
  const key = needsKey ? 'YOUR-KEY' : 'any';
  const model = JSON.stringify(group);
  const body = `{"model": ${model}, "messages": [{"role": "user", "content": "Say hello"}]}`;
  const headers = ['Content-Type: application/json', ...(needsKey ? [`Authorization: Bearer ${key}`] : [])];
  return [
    `curl ${url}/v1/chat/completions ${headers.map((header) => `-H '${header}'`).join(' ')} \\`,
    `  -d '${body.replaceAll("'", "'\\''")}'`,
    '',
    "import OpenAI from 'openai';",
    `const openai = new OpenAI({ baseURL: '${url}/v1', apiKey: '${key}' });`,
    "const messages = [{ role: 'user', content: 'Say hello' }];",
    `const { choices } = await openai.chat.completions.create({ model: ${model}, messages });`,
    'console.log(choices[0].message.content);',
  ].join('\n');
}
