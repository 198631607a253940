import { auditOf } from '../../client/audit.js';
import type { AuditLine } from '../../contract/audit.js';
import { inert } from '../../progress/inert.js';
import { print, printJson, say } from '../end.js';
import { table } from '../render/tables.js';

/** The audit log; with `verify` also whether it is whole, and exit code 1 where it is not. */
export async function audit(id: string | undefined, options: { verify?: boolean; json?: boolean }): Promise<void> {
  const { entries, flaws } = await auditOf(id, { verify: options.verify ?? false });
  if ((flaws ?? []).length > 0) process.exitCode = 1;
  if (options.json) return printJson({ v: 1, entries, ...(flaws ? { verified: flaws.length === 0, flaws } : {}) });
  const columns = ['#', 'AT', 'EVENT', 'BY', 'VIA', 'WHAT'].map((title) => ({ title }));
  const rows = entries.map((line) => [String(line.n), line.at, line.event, line.by, line.via, whatOf(line)]);
  print(entries.length === 0 ? 'Nothing is written there.' : table(columns, rows));
  if (!flaws) return;
  for (const { line, why } of flaws) say(`line ${line}: ${inert(why)}`);
  const entriesText = `${entries.length} ${entries.length === 1 ? 'entry' : 'entries'}`;
  if (flaws.length === 0) print(`${entriesText}: whole, as written`);
  else say(`the log was changed outside of Baton, or damaged: ${flaws.length} of ${entriesText}`);
}

const TEXTS = ['decision', 'choice', 'kind', 'task', 'why', 'comment', 'policy', 'name', 'changed', 'files', 'calls'];

/** The fields that tell most, in one line. */
function whatOf({ data }: AuditLine): string {
  const parts = TEXTS.flatMap((name) => {
    const value = data[name];
    if (value === undefined || value === null || value === '') return [];
    return [typeof value === 'string' ? value : JSON.stringify(value)];
  });
  return inert(parts.join(' '));
}
