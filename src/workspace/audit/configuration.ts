import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { AuditEntry } from '../../contract/audit.js';
import { canonicalJson, type Json } from '../../contract/json.js';
import { MACHINE_LOG, type AuditLogs } from './log.js';

interface Loaded {
  config: object;
  /** The files that it comes from. */
  sources: readonly string[];
}

/**
 * Writes a change of the settings in force into the machine's log, once for each change. Those of a workspace are told apart from those of the
 * data folder (null). That it cannot be written holds nothing up: it is logged, and tried again with the next look.
 */
export function watchConfigurations(
  logs: AuditLogs,
  log: Pick<Logger, 'warn'>,
): (workspace: string | null, loaded: Loaded) => void {
  const seen = new Map<string | null, string>();
  return (folder, loaded) => {
    // Without a file of its own a workspace has the settings of the data folder.
    const workspace = folder !== null && loaded.sources.includes(join(folder, 'baton.yaml')) ? folder : null;
    const text = canonicalJson(loaded.config);
    if (seen.get(workspace) === text) return;
    seen.set(workspace, text);
    note(logs, workspace, { ...loaded, text }).catch((error: unknown) => {
      seen.delete(workspace);
      log.warn({ error: String(error) }, 'a change of the configuration could not be written to the audit log');
    });
  };
}

async function note(
  logs: AuditLogs,
  workspace: string | null,
  { config, sources, text }: Loaded & { text: string },
): Promise<void> {
  const digest = digestOf(text);
  const before = (await logs.read(MACHINE_LOG)) ?? [];
  const same = before.filter(({ data }) => data['workspace'] === workspace);
  const last = same.at(-1);
  if (last?.data['digest'] === digest) return;
  const known = (last?.data['settings'] ?? {}) as Record<string, Json>;
  const fields = Object.entries(config as Record<string, unknown>);
  const settings = Object.fromEntries(
    fields.map(([name, value]): [string, Json] => [name, digestOf(canonicalJson(value))]),
  );
  const changed = Object.keys(settings).filter((name) => settings[name] !== known[name]);
  const data = { workspace, digest, changed: last ? changed : [], sources: [...sources], settings };
  const entry: AuditEntry = {
    id: `${workspace ?? ''}:${same.length}:${digest}`,
    at: new Date().toISOString(),
    event: 'configuration.changed',
    by: 'file',
    via: 'baton.yaml',
    data,
  };
  await logs.append(MACHINE_LOG, [entry]);
}

/** Values stay out of the log: that they changed, and when, is enough to know where to look. */
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
