import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { LIMITS } from '../contract/limits.js';
import { readKey, sign, verify } from './key.js';
import { lockAddress } from './lock.js';

/** What a supervisor can be asked. `replace`: end the worker and the supervisor, leave the server for the next supervisor. */
export const CONTROL_OPS = ['status', 'stop', 'replace', 'restart-worker'] as const;
export type ControlOp = (typeof CONTROL_OPS)[number];

/** A supervisor and what it looks after, as its `status` answers. `step` says what is going on at the moment. */
export interface SupervisorStatus {
  pid: number;
  version: string;
  state: 'starting' | 'ready' | 'stopping';
  step: string;
  address: string | null;
  uiUrl: string | null;
  namespace: string;
  embedded: boolean;
  serverPid: number | null;
  workerPid: number | null;
  serverRestarts: number;
  workerRestarts: number;
  problem: string | null;
}

/** The name of the lock that one supervisor per data folder holds. The key stands in it so that no other user can foresee it. */
export const supervisorLockName = (home: string, key: string): string =>
  sign(key, `supervisor of ${realpathSync(home)}`);

/**
 * Answers on the lock's socket. A kernel socket name has no owner or mode, so each side proves that it has the key: the server sends a
 * nonce, the client its own with the operation and a signature over all three, the server signs its answer with the client's nonce.
 */
export function serveControl(server: Server, key: string, answer: (op: ControlOp) => Promise<SupervisorStatus>): void {
  server.on('connection', (socket) => {
    const nonce = randomBytes(16).toString('hex');
    // The limit is for the question; the answer to a stop takes as long as the stop.
    const timer = setTimeout(() => socket.destroy(), LIMITS.controlMs).unref();
    socket.on('error', () => socket.destroy());
    socket.once('close', () => clearTimeout(timer));
    socket.write(`${JSON.stringify({ v: 1, nonce })}\n`);
    onLine(socket, (line) => {
      clearTimeout(timer);
      const asked = parse(line);
      const op = CONTROL_OPS.find((known) => known === asked['op']);
      const client = String(asked['nonce']);
      if (op === undefined || !verify(key, `ask:${nonce}:${client}:${op}`, String(asked['mac']))) {
        socket.destroy();
        return;
      }
      const reply = (status: SupervisorStatus): void => {
        const body = JSON.stringify(status);
        socket.end(`${JSON.stringify({ body, mac: sign(key, `answer:${client}:${body}`) })}\n`);
      };
      answer(op).then(reply, () => socket.destroy());
    });
  });
}

/** Asks the supervisor of `home`; `undefined` if none answers within `timeoutMs`. Never starts one and never creates anything. */
export function askSupervisor(
  home: string,
  op: ControlOp,
  timeoutMs: number = LIMITS.controlMs,
): Promise<SupervisorStatus | undefined> {
  const key = readKey(home);
  if (key === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect({ path: lockAddress(supervisorLockName(home, key)) });
    const client = randomBytes(16).toString('hex');
    const finish = (status: SupervisorStatus | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(status);
    };
    const timer = setTimeout(() => finish(undefined), timeoutMs);
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    onLine(socket, (line) => {
      const said = parse(line);
      if (typeof said['nonce'] === 'string') {
        const mac = sign(key, `ask:${said['nonce']}:${client}:${op}`);
        socket.write(`${JSON.stringify({ op, nonce: client, mac })}\n`);
        return;
      }
      const body = String(said['body']);
      const genuine = verify(key, `answer:${client}:${body}`, String(said['mac']));
      finish(genuine ? (parse(body) as unknown as SupervisorStatus) : undefined);
    });
  });
}

/** Calls back for each line; a line over the limit ends the connection. */
function onLine(socket: Socket, callback: (line: string) => void): void {
  let text = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > LIMITS.controlLineBytes) {
      socket.destroy();
      return;
    }
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      callback(line);
    }
  });
}

function parse(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
