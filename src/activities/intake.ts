import { isAbsolute } from 'node:path';
import { BatonError } from '../contract/errors.js';
import { hostQueue, REQUEST_ID_PATTERN } from '../contract/names.js';
import type { Intake } from '../contract/orders.js';
import type { RequestInput } from '../contract/request.js';
import { parseRequestInput } from '../contract/schemas/request.js';
import type { Deps } from './deps.js';

/** Checks a start's whole input and binds it to a host: a bare path belongs to the host whose worker takes this activity. */
export async function intake(deps: Deps, { input, request }: { input: unknown; request: string }): Promise<Intake> {
  if (!REQUEST_ID_PATTERN.test(request)) {
    throw new BatonError(
      'bad_input',
      `workflow id: ${JSON.stringify(request.slice(0, 80))} does not match ${REQUEST_ID_PATTERN.source}`,
    );
  }
  const checked = parseRequestInput(input);
  const { workspace } = checked;
  const host = typeof workspace === 'object' ? workspace.host : deps.host;
  if (!/^[A-Za-z0-9._-]{1,255}$/.test(host))
    throw new BatonError('bad_input', 'workspace.host: not the name of a host');
  pathOf(workspace);
  refuseConstraints(checked);
  return {
    host,
    queue: hostQueue(host),
    interaction: checked.interaction ?? 'checkpoint',
    attributes: await deps.attributes(),
  };
}

/** A deadline that nothing holds to must not look as if something did. */
function refuseConstraints({ constraints }: RequestInput): void {
  if (constraints?.deadline === undefined) return;
  throw new BatonError('not_supported', 'constraints.deadline is not supported yet', { path: 'constraints.deadline' });
}

/** The path of a workspace, absolute. A relative one would mean another folder on each worker. */
export function pathOf(workspace: RequestInput['workspace']): string {
  const path = typeof workspace === 'object' ? workspace.path : workspace;
  if (path === undefined) throw new BatonError('bad_input', 'workspace: the path of a folder is needed');
  if (!isAbsolute(path)) throw new BatonError('bad_input', `workspace: ${path} is not an absolute path`);
  if (path.split('/').includes('..')) throw new BatonError('bad_input', `workspace: ${path} holds ".."`);
  return path;
}
