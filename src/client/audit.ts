import type { AuditFlaw, AuditLine } from '../contract/audit.js';
import { BatonError } from '../contract/errors.js';
import { REQUEST_ID_PATTERN } from '../contract/names.js';
import { resolveHome } from '../local/home.js';
import { readKey, sign } from '../local/key.js';
import { AuditLogs, MACHINE_LOG } from '../workspace/audit/log.js';
import { createRequestFiles } from '../workspace/artifacts/requests.js';

export interface AuditView {
  entries: AuditLine[];
  /** Null where it was not asked to be looked for. */
  flaws: AuditFlaw[] | null;
}

/** The audit log of a request, or without one of this machine. Reads only; needs no server. @throws BatonError `unknown_id` */
export async function auditOf(request: string | undefined, { verify }: { verify: boolean }): Promise<AuditView> {
  if (request !== undefined && !REQUEST_ID_PATTERN.test(request)) throw unknown(request);
  const home = resolveHome();
  const key = readKey(home);
  const logs = new AuditLogs({ home, mac: (text) => (key === undefined ? '' : sign(key, text)) });
  const log = request ?? MACHINE_LOG;
  const entries = await logs.read(log);
  const flaws = verify ? await logs.verify(log) : undefined;
  if (entries ?? flaws) return { entries: entries ?? [], flaws: flaws ?? (verify ? [] : null) };
  if (request === undefined) return { entries: [], flaws: verify ? [] : null };
  const isKnown = (await createRequestFiles(home).readJson(request, 'plan.json')) !== undefined;
  if (!isKnown) throw unknown(request);
  // Each plan is written into the log when it is made.
  return { entries: [], flaws: verify ? [{ line: 1, why: 'the whole log is missing' }] : null };
}

const unknown = (request: string): BatonError =>
  new BatonError('unknown_id', `there is no audit log of a request ${JSON.stringify(request.slice(0, 200))}`, {
    path: 'id',
    hint: 'see the requests with: baton list',
  });
