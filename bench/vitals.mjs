// Loaded before a process of a benchmark, and by each of its threads: tells what memory it has, and how long its event loop was
// held, over a socket. `--import` takes no TypeScript.
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BroadcastChannel, isMainThread } from 'node:worker_threads';

/** The threads of a process hear of each other by this name. */
const CHANNEL = 'vitals';

/** So long the threads have to answer. */
const THREADS_WITHIN_MS = 1000;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** What this thread holds when all else is collected, in bytes. */
async function heldBytes() {
  for (let times = 0; times < 3; times += 1) {
    collect();
    await pause(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Channels of threads know no origins. */
const told = (channel, value) => channel.postMessage(value); // oxlint-disable-line unicorn/require-post-message-target-origin

async function heldByThreads(channel) {
  let bytes = 0;
  const add = ({ data }) => (bytes += data);
  channel.addEventListener('message', add);
  told(channel, 'tell');
  await pause(THREADS_WITHIN_MS);
  channel.removeEventListener('message', add);
  return bytes;
}

/** The most CPU time that the event loop took in one go since it was last asked: what else the machine does is none of it. */
function followTurns() {
  const cpuMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let [last, longest] = [cpuMs(), 0];
  const turn = () => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
  };
  setInterval(turn, 5).unref();
  return () => {
    turn();
    const found = longest;
    longest = 0;
    return found;
  };
}

function serve(path) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.unref();
  const longestTurnMs = followTurns();
  const answer = async (asked) => {
    const loopMs = longestTurnMs();
    const held = asked === 'held' ? (await heldBytes()) + (await heldByThreads(channel)) : null;
    longestTurnMs();
    return JSON.stringify({ loopMs, heldBytes: held });
  };
  const server = createServer((socket) => {
    socket.once('data', (asked) => void answer(String(asked)).then((text) => socket.end(text)));
  });
  server.listen(path).unref();
}

function tellWhenAsked() {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener('message', ({ data }) => {
    if (data === 'tell') void heldBytes().then((bytes) => told(channel, bytes));
  });
  channel.unref();
}

const path = process.env.HOLDFAST_BENCH_VITALS;
if (!isMainThread) tellWhenAsked();
else if (path) serve(path);
