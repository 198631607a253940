import type { PayloadCodec } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Deps, Said } from './activities/deps.js';
import { ASK } from './contract/names.js';
import { Client } from './sdk/client.js';

interface Asking {
  connection: NativeConnection;
  namespace: string;
  codec: PayloadCodec | undefined;
}

/**
 * How an activity asks a person: by an update of its own request, which answers once somebody has decided. The question itself outlives the
 * wait: it is the request's.
 */
export function createAsk({ connection, namespace, codec }: Asking): Deps['ask'] {
  const dataConverter = { payloadCodecs: codec ? [codec] : [] };
  const client = new Client({ connection, namespace, dataConverter });
  return async ({ request, task, epoch, attempt }, asks, { timeoutMs, signal }) => {
    const over = new AbortController();
    const waiting = new Promise<undefined>((resolve) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      const stop = (): void => (clearTimeout(timer), resolve(undefined));
      AbortSignal.any([signal, over.signal]).addEventListener('abort', stop, { once: true });
    });
    const handle = client.workflow.getHandle(request);
    const args: [object] = [{ task, epoch, attempt, asks }];
    const asking = handle.executeUpdate<{ data?: Partial<Said> }, [object]>(ASK, { args }).then(
      ({ data }): Said | undefined =>
        data?.choice === undefined ? undefined : { choice: data.choice, comment: data.comment ?? '' },
      // The request does not take it, or the server is away: the attempt is parked, which asks as well. It may come once nobody waits.
      (): undefined => undefined,
    );
    try {
      return await Promise.race([asking, waiting]);
    } finally {
      over.abort();
    }
  };
}
