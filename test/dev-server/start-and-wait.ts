import { startDevServer } from '../../src/dev-server/index.js';

const [cli] = process.argv.slice(2);
if (cli === undefined) throw new Error('usage: start-and-wait <cli>');
const server = await startDevServer({ cli, headless: true });
process.stdout.write(`${JSON.stringify({ port: server.port, pid: server.pid })}\n`);
