import { BatonError } from '../contract/errors.js';

/**
 * Headers with what stands for variables filled in.
 * @throws BatonError `not_installed` for a variable that is not there, or whose value no header can hold
 */
export function filledHeaders(
  headers: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const fill = (header: string, value: string): string =>
    value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => {
      const found = env[name];
      if (found !== undefined && /^[\t\x20-\x7e]*$/.test(found)) return found;
      const why = found === undefined ? 'is not set where the worker runs' : 'holds what no header can hold';
      throw new BatonError('not_installed', `the variable ${name} of the header ${header} ${why}`, {
        hint: `set ${name}, then start the worker anew: baton down`,
      });
    });
  return Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, fill(header, value)]));
}

/** Why a request came to nothing, without what Node wraps it in. */
export function requestFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const inner = cause instanceof AggregateError ? (cause.errors[0] as unknown) : cause;
  return inner instanceof Error ? `${error.message}: ${inner.message}` : error.message;
}

/** `fetch` whose answers end with an error once they have more bytes than that; `onFailure` learns of any answer that breaks off. */
export function boundedFetch(limitBytes: number, onFailure: (error: Error) => void = () => undefined): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.body) return response;
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    let bytes = 0;
    const bounded = new ReadableStream<Uint8Array>({
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          bytes += value.length;
          if (bytes > limitBytes) throw new Error(`an answer of more than ${limitBytes} bytes`);
          controller.enqueue(value);
        } catch (error) {
          const failure = error instanceof Error ? error : new Error(String(error));
          controller.error(failure);
          onFailure(failure);
          await reader.cancel().catch(() => undefined);
        }
      },
      cancel: (reason) => reader.cancel(reason),
    });
    const { status, statusText, headers } = response;
    return new Response(bounded, { status, statusText, headers });
  };
}
