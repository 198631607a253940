import { doctor as diagnose, down as stop, up as start } from '../../client/machine.js';
import { inert } from '../../progress/inert.js';
import { print, printJson, say } from '../end.js';

export async function up(options: { json?: boolean }): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort());
  await start({
    signal: stopping.signal,
    onProgress: say,
    onReady: (pair) => {
      if (options.json)
        return printJson({
          v: 1,
          address: pair.address,
          uiUrl: pair.uiUrl,
          namespace: pair.namespace,
          attached: pair.attached,
        });
      print(
        [
          pair.attached
            ? 'attached to the server and worker that run (Ctrl-C leaves them running)'
            : 'server and worker run (Ctrl-C ends them)',
          ...(pair.uiUrl ? [`Temporal Web: ${pair.uiUrl}`] : []),
          `export TEMPORAL_ADDRESS=${pair.address}`,
        ].join('\n'),
      );
    },
  });
}

export async function down(options: { json?: boolean }): Promise<void> {
  const stopped = await stop();
  if (options.json) return printJson({ v: 1, ...stopped });
  const names = Object.entries(stopped)
    .filter(([, pid]) => pid !== null)
    .map(([name, pid]) => `${name} (${String(pid)})`);
  print(names.length === 0 ? 'nothing was running' : `ended: ${names.join(', ')}`);
}

export async function doctor(options: { workspace?: string; json?: boolean }): Promise<void> {
  const result = await diagnose(options.workspace);
  if (options.json) return printJson(result);
  const marks = { true: 'ok  ', false: 'FAIL', warning: 'warn' } as const;
  for (const { name, ok, detail, fix } of result.checks) {
    print(
      `${marks[String(ok) as keyof typeof marks]}  ${inert(name)}: ${inert(detail)}${fix === undefined ? '' : `\n      → ${inert(fix)}`}`,
    );
  }
}
