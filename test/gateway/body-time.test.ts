import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { limitBodyTime } from '../../src/gateway/body-time.js';
import { answerBrokenRequest } from '../../src/gateway/broken-request.js';
import { openSocket, rawRequest, readToEnd, sendRaw } from '../helpers/raw-http.js';

test('a body that does not arrive in time is not waited for; an upload is, and so is a long answer', async () => {
  const app = fastify({ clientErrorHandler: answerBrokenRequest });
  limitBodyTime(app, 200);
  app.post('/plain', async () => 'whole');
  app.post('/upload', { config: { isUpload: true } }, async () => 'whole');
  let answer = (): void => undefined;
  app.get('/long', async (_request, reply) => {
    await new Promise<void>((resolve) => (answer = resolve));
    return reply.send('whole');
  });
  const url = await app.listen({ port: 0 });
  const headers = ['content-type: application/json', 'content-length: 2'];
  const long = sendRaw(url, rawRequest('/long', { method: 'GET' }));
  const socket = await openSocket(url);
  const upload = readToEnd(socket);
  socket.write(rawRequest('/upload', { headers }));
  const late = await sendRaw(url, rawRequest('/plain', { headers }));
  expect(late.status).toBe(408);
  expect(late.text).toContain('the request did not arrive in time');
  socket.write('{}');
  answer();
  expect((await upload).status).toBe(200);
  expect((await long).status).toBe(200);
  await app.close();
});
