import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the scripted model. */
export type Turn =
  | Said
  /** An error of the API itself. `always`: for this and every further request. */
  | { kind: 'error'; status: number; type: string; message: string; headers?: Record<string, string>; always?: boolean }
  /** An error with a body of its own. */
  | { kind: 'body'; status: number; body: object; headers?: Record<string, string>; always?: boolean }
  /** Headers and the beginning of a text, then the connection is cut. */
  | { kind: 'cut'; always?: boolean }
  /** Nothing at all, until the other side gives up. */
  | { kind: 'hang' };

export interface Said {
  kind: 'say';
  text?: string;
  tools?: { name: string; input: object | string }[];
}

export const say = (text: string): Turn => ({ kind: 'say', text });
/** `input` is a text for a tool that takes one. */
export const call = (name: string, input: object | string, text?: string): Turn => ({
  kind: 'say',
  tools: [{ name, input }],
  ...(text === undefined ? {} : { text }),
});

/** One answer after the other, or for each request the one that belongs to it, where several conversations go on at once. */
export type Script<Seen> = readonly Turn[] | ((seen: Seen) => Turn | undefined);

/** What a model's API is asked, and how it answers. */
export interface Dialect<Seen> {
  /** What is asked for: an answer of the script, something beside it (with the answer), or what this API does not have. */
  route(url: string, body: Record<string, unknown>): 'turn' | { beside: object } | { said: Said } | 'unknown';
  seen(body: Record<string, unknown>, request: IncomingMessage): Seen;
  /** The whole answer as one JSON value, for a request that does not stream. */
  whole(turn: Said, number: number): object;
  /** The pieces of a streamed answer, each as it goes over the wire. */
  pieces(turn: Said, number: number): string[];
  failure(status: number, type: string, message: string): object;
  isStream(url: string, body: Record<string, unknown>): boolean;
}

export interface ScriptedApi<Seen> {
  url: string;
  requests: Seen[];
  /** What went wrong on this side, such as a request beyond the script; empty in a good test. */
  faults: string[];
  /** Turns that nobody asked for yet. */
  left(): number;
  close(): Promise<void>;
}

/**
 * A model's API on loopback that answers with the given turns, one each request, in the form of server-sent events where that is asked for.
 * A request beyond the script is answered with 400, which no client retries, and noted in `faults`.
 */
export async function scriptedApi<Seen>(dialect: Dialect<Seen>, script: Script<Seen>): Promise<ScriptedApi<Seen>> {
  const turns = typeof script === 'function' ? [] : [...script];
  const requests: Seen[] = [];
  const faults: string[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const url = request.url ?? '';
      const route = dialect.route(url, body);
      const fail = (status: number, type: string, message: string, headers = {}): void =>
        sendJson(response, status, dialect.failure(status, type, message), headers);
      if (route === 'unknown') return fail(404, 'not_found_error', 'not scripted');
      if (route !== 'turn' && 'beside' in route) return sendJson(response, 200, route.beside);
      const isStream = dialect.isStream(url, body);
      if (route !== 'turn') return answer(response, { dialect, turn: route.said, isStream, number: 0 });
      const seen = dialect.seen(body, request);
      requests.push(seen);
      const turn = typeof script === 'function' ? script(seen) : turns[0];
      if (turn && !('always' in turn && turn.always)) turns.shift();
      if (!turn) {
        faults.push(`request ${requests.length} is beyond the script: ${JSON.stringify(body).slice(-300)}`);
        return fail(400, 'invalid_request_error', 'the script has run out');
      }
      if (turn.kind === 'error') return fail(turn.status, turn.type, turn.message, turn.headers);
      answer(response, { dialect, turn, isStream, number: requests.length });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    left: () => turns.length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

interface Answering {
  dialect: Dialect<unknown>;
  turn: Exclude<Turn, { kind: 'error' }>;
  isStream: boolean;
  number: number;
}

function answer(response: ServerResponse, { dialect, turn, isStream, number }: Answering): void {
  switch (turn.kind) {
    case 'body':
      return sendJson(response, turn.status, turn.body, turn.headers);
    case 'hang':
      return;
    case 'cut': {
      const pieces = dialect.pieces({ kind: 'say', text: 'only the beg' }, number);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(pieces.slice(0, Math.min(3, pieces.length - 1)).join(''), () => response.destroy());
      return;
    }
    case 'say':
      if (!isStream) return sendJson(response, 200, dialect.whole(turn, number));
      response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': `req_${number}` });
      response.end(dialect.pieces(turn, number).join(''));
  }
}

function sendJson(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}
